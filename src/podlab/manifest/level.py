"""The level of a nested Docker daemon: what its container is given, decided by one word.

A workshop's pod has its daemon *plain*: image `docker:dind`, `args: [dockerd, --host=…]`, no security context.
`at` makes of it what examples/docker-pods has in a file for each level; docs/levels.md tells the price of each.
A daemon with a security context, or in a pod with a `runtimeClassName`, is somebody's own decision and stays.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Iterator
from typing import Final, Literal

from podlab.images import reference
from podlab.model import (
    AppArmorProfile,
    Capabilities,
    Container,
    EmptyDir,
    EnvVar,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    Volume,
    VolumeMount,
)

Choice = Literal["auto", "userns", "rootless", "caps", "privileged"]
"""What a workshop may say. `auto` is `userns` where the engine offers it, else `rootless`."""
Name = Literal["userns", "rootless", "caps", "privileged"]
ANYWHERE: Final[Name] = "rootless"
"""What `auto` means where nobody has asked the engine: the safest that needs no engine of a special kind."""

DATA: Final = "/var/lib/docker"
ROOTLESS_DATA: Final = "/home/rootless/.local/share/docker"
_SOCKETS: Final = ("--host=unix:///var/run/docker.sock", "--host=unix:///run/docker.sock")
_REMOUNT: Final = (
    "awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts | xargs -n1 mount -o remount,bind,rw\n"
    'exec dockerd-entrypoint.sh "$@"'
)
"""The engine mounts the control groups read-only where a container is not privileged; a daemon makes groups."""
_ROOTLESS_PLACES: Final = ("/home/rootless", "/run", "/tmp")  # noqa: S108 - places in a container
_PLACE_SIZE: Final = "64Mi"
_LOOPBACK: Final = re.compile(r"//(?:127\.0\.0\.1|localhost):(\d+)")
_UNPRIVILEGED: Final[dict[Name, SecurityContext]] = {
    "caps": SecurityContext(
        capabilities=Capabilities(add=("SYS_ADMIN", "NET_ADMIN")),
        proc_mount="Unmasked",  # a nested container mounts a /proc of its own
        app_armor_profile=AppArmorProfile(type="Unconfined"),
        seccomp_profile=SeccompProfile(type="Localhost", localhost_profile="podlab/caps.json"),
    ),
    "rootless": SecurityContext(
        # To make /dev/net/tun, give the data to the user, become that user, and map that user's ids.
        capabilities=Capabilities(drop=("ALL",), add=("MKNOD", "CHOWN", "SETUID", "SETGID")),
        proc_mount="Unmasked",
        app_armor_profile=AppArmorProfile(type="Unconfined"),
        seccomp_profile=SeccompProfile(type="Localhost", localhost_profile="podlab/rootless.json"),
        # Nested containers can mount any folder of the daemon's; none may grow without bound on the machine's disk.
        read_only_root_filesystem=True,
    ),
}


def is_daemon(container: Container) -> bool:
    """Whether its image is one that runs a Docker daemon."""
    try:
        image = reference.parse(container.image)
    except ValueError:
        return False
    if image.familiar_name == "docker":
        return "dind" in (image.tag or "")
    return image.familiar_name == "podlab/dind"


def plain(spec: PodSpec) -> Iterator[Container]:
    """The daemons whose level is podlab's to set."""
    if spec.runtime_class_name is None:
        yield from (c for c in spec.lasting if is_daemon(c) and c.security_context is None)


def at(spec: PodSpec, level: Choice) -> PodSpec:
    """The pod with each plain daemon at the level."""
    ours = {each.name for each in plain(spec)}
    name: Name = ANYWHERE if level == "auto" else level
    places = [each for daemon in ours for each in _places(daemon)] if name == "rootless" else []
    return dataclasses.replace(
        spec,
        init_containers=tuple(_at(c, spec, name) if c.name in ours else c for c in spec.init_containers),
        containers=tuple(_at(c, spec, name) if c.name in ours else c for c in spec.containers),
        volumes=(
            *spec.volumes,
            *(Volume(name=v, empty_dir=EmptyDir(medium="Memory", size_limit=_PLACE_SIZE)) for v, _ in places),
        ),
    )


def _places(daemon: str) -> Iterator[tuple[str, str]]:
    """Volume and path of each folder that a rootless daemon writes to, beside its data."""
    yield from ((f"{daemon}-{posixpath.basename(path)}", path) for path in _ROOTLESS_PLACES)


def _at(daemon: Container, spec: PodSpec, level: Name) -> Container:
    if level == "privileged":
        return dataclasses.replace(daemon, security_context=SecurityContext(privileged=True))
    if level == "rootless":
        return _rootless(daemon, spec)
    # At userns the capabilities count in the container's own user namespace, and there alone.
    return dataclasses.replace(
        daemon, security_context=_UNPRIVILEGED["caps"], command=("sh", "-euc", _REMOUNT, "sh")
    )


def _rootless(daemon: Container, spec: PodSpec) -> Container:
    flags = [word for word in daemon.args[1:] if word not in _SOCKETS]
    env = daemon.env
    if not any(each.name == "PODLAB_FORWARD" for each in env):
        env = (*env, EnvVar(name="PODLAB_FORWARD", value=" ".join(map(str, sorted(_ports(spec, daemon))))))
    return dataclasses.replace(
        daemon,
        image="podlab/dind",  # the Hub's docker:dind-rootless starts in privileged containers only
        command=("dockerd-rootless",),
        args=tuple(flags),
        env=env,
        security_context=_UNPRIVILEGED["rootless"],
        volume_mounts=(
            *(VolumeMount(name=name, mount_path=path) for name, path in _places(daemon.name)),
            *(
                dataclasses.replace(each, mount_path=ROOTLESS_DATA) if each.mount_path == DATA else each
                for each in daemon.volume_mounts
            ),
        ),
    )


def _ports(spec: PodSpec, daemon: Container) -> set[int]:
    """Ports of the other containers: what they declare or are probed at, and what the daemon's flags name."""
    found = {int(port) for word in daemon.args if "mirror=" in word for port in _LOOPBACK.findall(word)}
    for each in spec.lasting:
        if each.name == daemon.name:
            continue
        found |= {port.container_port for port in each.ports}
        probe = each.readiness_probe
        for action in (probe.http_get, probe.tcp_socket) if probe else ():
            if action and isinstance(action.port, int):
                found.add(action.port)
    return found
