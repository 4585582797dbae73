"""One container: its image, ports and variables."""

from __future__ import annotations

import posixpath

from podlab import model, naming
from podlab.images import reference
from podlab.manifest import syntax
from podlab.manifest.checks import probes
from podlab.manifest.checks.finding import Findings, at, twice


def container(c: model.Container) -> Findings:
    yield from at("name", syntax.dns_label(c.name))
    if c.name == naming.INFRA:
        yield ("name",), f"{naming.INFRA!r} is podlab's own container in every pod; take another name"
    yield from at("image", _image(c.image))
    if c.working_dir is not None:
        yield from at("workingDir", syntax.absolute(c.working_dir))
    yield from twice(("ports",), "name", (p.name for p in c.ports))
    privileged = bool(c.security_context and c.security_context.privileged)
    for n, mount in enumerate(c.volume_mounts):
        if mount.mount_propagation == "Bidirectional" and not privileged:
            yield ("volumeMounts", n, "mountPropagation"), "Bidirectional is for privileged containers only"
    yield from twice(
        ("volumeMounts",), "mountPath", (posixpath.normpath(m.mount_path) for m in c.volume_mounts)
    )
    if c.termination_message_path:
        yield from at("terminationMessagePath", _message_path(c, c.termination_message_path))
    yield from probes.of_container(c)


def _message_path(c: model.Container, path: str) -> str:
    if fault := syntax.absolute(path):
        return fault
    mounted = {posixpath.normpath(m.mount_path) for m in c.volume_mounts}
    return "a volume is mounted there" if posixpath.normpath(path) in mounted else ""


def _image(text: str) -> str:
    if len(text) > 512:
        return "an image's name has at most 512 characters"
    try:
        reference.parse(text)
    except ValueError as error:
        return str(error)
    return ""


def port(p: model.ContainerPort) -> Findings:
    yield from at("containerPort", syntax.port(p.container_port))
    if p.host_port is not None:
        yield from at("hostPort", syntax.port(p.host_port))
    if p.host_ip:
        yield from at("hostIP", syntax.ip(p.host_ip))
        if p.host_port is None:
            yield ("hostIP",), "means nothing without a hostPort"
    if p.name is not None:
        yield from at("name", syntax.port_name(p.name))
