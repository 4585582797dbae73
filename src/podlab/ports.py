"""Published ports in Docker's short form: `8080:80`, `127.0.0.1:8080:80`, `[::1]:53:53/udp`.

https://docs.docker.com/engine/network/port-publishing/
"""

from __future__ import annotations

import re
from typing import Final, cast

from podlab.model import PUBLISH, ContainerPort, Pod

_PUBLISHED: Final = re.compile(
    r"(?:(\[[0-9a-fA-F:.]+\]|[0-9.]+):)?(\d{1,5}):(\d{1,5})(?:/(tcp|udp|sctp))?", re.IGNORECASE
)


def parse(text: str) -> ContainerPort:
    """`ValueError` in plain words where it is none."""
    match = _PUBLISHED.fullmatch(text)
    if match is None or not all(1 <= int(port) <= 65535 for port in match.group(2, 3)):
        raise ValueError(f"{text!r} is not [IP:]HOST_PORT:PORT[/tcp|udp|sctp]")
    ip, host, port, protocol = match.groups()
    return ContainerPort(
        container_port=int(port),
        host_port=int(host),
        host_ip=ip.strip("[]") if ip else None,
        protocol=cast("None", protocol.upper() if protocol else None),
    )


def text(port: ContainerPort) -> str:
    """The way back, in one spelling: `8080:80/tcp`, `127.0.0.1:8080:80/tcp`."""
    ip = f"[{port.host_ip}]" if ":" in (port.host_ip or "") else port.host_ip
    place = f"{ip}:{port.host_port}" if ip else str(port.host_port)
    return f"{place}:{port.container_port}/{(port.protocol or 'TCP').lower()}"


def published(pod: Pod) -> list[ContainerPort]:
    """All ports that the pod publishes: its containers' host ports, and those of its annotation."""
    own = [port for c in pod.members for port in c.ports if port.host_port]
    return own + [parse(text) for text in pod.metadata.annotations.get(PUBLISH, "").split(",") if text]
