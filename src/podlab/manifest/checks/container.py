"""One container: its image, ports, variables and resources."""

from __future__ import annotations

import posixpath
from decimal import Decimal
from typing import Final

from podlab import model, naming, quantity
from podlab.images import reference
from podlab.manifest import syntax
from podlab.manifest.checks import probes
from podlab.manifest.checks.finding import Findings, at, twice
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean

_RESOURCES: Final = ("cpu", "memory")
_LEAST_MEMORY: Final = 6 * 1024 * 1024
"""https://docs.docker.com/engine/containers/resource_constraints/#limit-a-containers-access-to-memory"""
_MOST: Final = {"cpu": Decimal(2**63) / 10**9, "memory": Decimal(2**63)}
"""What the engine's 64-bit numbers hold: billionths of a processor, bytes."""


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


def resources(r: model.Resources) -> Findings:
    for kind, amounts in (("limits", r.limits), ("requests", r.requests)):
        for name, amount in amounts.items():
            yield from at((kind, name), _amount(kind, name, amount))
    for name in _RESOURCES:
        if name not in r.limits or name not in r.requests:
            continue
        limit, request = r.limits[name], r.requests[name]
        if _amount("limits", name, limit) or _amount("requests", name, request):
            continue
        if quantity.parse(request) > quantity.parse(limit):
            yield ("requests", name), f"{request} is more than the limit, {limit}"


def _amount(kind: str, name: str, amount: model.Quantity) -> str:
    if name not in _RESOURCES:
        near = did_you_mean(name, _RESOURCES)
        return f"only cpu and memory are honoured, not {quoted(name)}{near}"
    try:
        value = quantity.parse(amount)
    except ValueError as error:
        return str(error)
    if value < 0 or (value == 0 and kind == "limits"):
        return f"must be more than 0, not {amount}"
    if value >= _MOST[name]:
        return f"{amount} is too much"
    if name == "memory" and kind == "limits" and value < _LEAST_MEMORY:
        meant = f"; 'm' means thousandths, write {str(amount)[:-1]}Mi" if str(amount).endswith("m") else ""
        return f"{amount} is less than the 6Mi that a container needs{meant}"
    return ""
