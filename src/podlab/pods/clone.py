"""More pods like one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podlab.errors import Invalid
from podlab.manifest import check_pod
from podlab.pods.edits import moved_ports, publishing, renamed, without_host_ports

if TYPE_CHECKING:
    from podlab.model import ContainerPort, Pod

_LAST_PORT = 65535


def clones(
    pod: Pod, names: Sequence[str], *, shift_ports: int | None = None, ports: Sequence[ContainerPort] = ()
) -> list[Pod]:
    """The pod under each name, without its ports of the machine; with `ports`, or with `shift_ports` its own so much
    higher, for the second name twice as much, and so on. `Invalid` where that is no pod."""
    made = []
    for ordinal, name in enumerate(names, 1):
        each = renamed(pod, name)
        if shift_ports:
            each = moved_ports(each, lambda port, by=ordinal * shift_ports: _higher(port, by))  # type: ignore[misc]
        else:
            each = publishing(without_host_ports(each), ports)
        check_pod(each)
        made.append(each)
    return made


def _higher(port: int, by: int) -> int:
    if port + by > _LAST_PORT:
        raise Invalid(f"port {port} cannot be {by} higher: ports end at {_LAST_PORT}", subject=str(port))
    return port + by
