"""Connections to a container's ports, as probes and hooks make them: into the pod, also to what listens on its
loopback only."""

from __future__ import annotations

from podlab.engines.base import ByteStream, Engine
from podlab.errors import Invalid
from podlab.model import Container, Pod


def port_number(container: Container, port: int | str) -> int:
    """A port's number; a name is looked up in the container's ports. `Invalid` where it has none of that name."""
    if isinstance(port, int):
        return port
    if port.isdecimal():
        return int(port)
    for each in container.ports:
        if each.name == port:
            return each.container_port
    raise Invalid(f"container '{container.name}' has no port named '{port}'", subject=container.name)


async def dial(
    engine: Engine, pod: Pod, container: Container, port: int | str, *, patience_s: float = 0
) -> ByteStream:
    """`Unavailable` where nobody listens, and nobody begins to within `patience_s`."""
    return await engine.dial(pod.name, port_number(container, port), patience_s=patience_s)
