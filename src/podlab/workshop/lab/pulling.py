"""A seat's pod whose Docker daemons pull through the lab's mirror instead of one of their own.

A pod that is good for a single user has a mirror beside its daemon, and the daemon asks it on the pod's loopback.
In a workshop one mirror is enough for all: the seats' own goes, and whoever asked it asks the lab's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from podlab.images.mirror import is_mirror
from podlab.manifest.level import is_daemon
from podlab.model import HostAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.model import Container, PodSpec

_OWN: Final = ("http://127.0.0.1:5001", "http://localhost:5001")
"""Where a seat's own mirror answers: `images.mirror`."""
_OPTION: Final = "--registry-mirror"
_LOOKED_UP: Final = "docker.io"
"""A daemon looks this name up at each pull, only to compare it with a list that is empty; where no name server answers,
that takes eight seconds. It connects to `registry-1.docker.io`, never to this.
https://github.com/moby/moby/blob/v26.1.5/registry/config.go (`allowNondistributableArtifacts`)"""


def through(spec: PodSpec, url: str) -> PodSpec:
    """The same pod without a mirror of its own, its daemons asking the one at `url`.

    A daemon is told in its command, arguments or environment: where they name the pod's own mirror, they name the
    lab's now; else one that is started as its image starts it gets the option. What is started by a script of the
    user's that names no mirror cannot be told: `untold` has those.
    """
    told, first = _all_told(spec.containers, url), _all_told(spec.init_containers, url)
    if (told, first) == (spec.containers, spec.init_containers):
        return spec
    known = HostAlias(ip=urlsplit(url).hostname or "", hostnames=(_LOOKED_UP,))
    return replace(spec, containers=told, init_containers=first, host_aliases=(*spec.host_aliases, known))


def pulls(spec: PodSpec) -> bool:
    """Whether there is a daemon in the pod that a mirror is good for."""
    return any(is_mirror(each.image) or is_daemon(each) or _names_mirror(each) for each in spec.lasting)


def untold(spec: PodSpec) -> tuple[str, ...]:
    """The containers whose daemon will not know of a mirror."""
    return tuple(
        each.name
        for each in spec.lasting
        if is_daemon(each) and not _names_mirror(each) and not _takes_options(each)
    )


def _all_told(containers: Iterable[Container], url: str) -> tuple[Container, ...]:
    return tuple(_told(each, url) for each in containers if not is_mirror(each.image))


def _told(container: Container, url: str) -> Container:
    if _names_mirror(container):
        return replace(
            container,
            command=tuple(_exchanged(word, url) for word in container.command),
            args=tuple(_exchanged(word, url) for word in container.args),
            env=tuple(replace(each, value=_exchanged(each.value, url)) for each in container.env),
        )
    if is_daemon(container) and _takes_options(container):
        return replace(container, args=(*container.args, f"{_OPTION}={url}"))
    return container


def _exchanged(text: str, url: str) -> str:
    for own in _OWN:
        text = text.replace(own, url)
    return text


def _names_mirror(container: Container) -> bool:
    said = (*container.command, *container.args, *(each.value for each in container.env))
    return any(_OPTION in text or own in text for text in said for own in _OWN)


def _takes_options(container: Container) -> bool:
    """As these images' entry point has it: no arguments, options only, or `dockerd` and options."""
    if container.command not in ((), ("dockerd",), ("dockerd-rootless",), ("dockerd-entrypoint.sh",)):
        return False
    first = container.args[:1]
    return not first or first[0] == "dockerd" or first[0].startswith("-")
