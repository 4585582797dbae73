"""A pod that isolated pods share: published at the one address of the engine's machine that each of them reaches."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from podlab.engines.labs import Shared
from podlab.errors import AlreadyExists, Conflict, NotFound
from podlab.model import ContainerPort
from podlab.naming import SHARED_PORTS
from podlab.ports import published

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.base import Engine
    from podlab.model import Pod


async def share(engine: Engine, pod: Pod, port: int) -> Shared:
    """As `HostsLabs.share`. It keeps the port that it has, which the seats that are there know."""
    address = await engine.isolated_gateway()
    tries = await _ports(engine, pod, address)
    for each in tries:
        try:
            await engine.apply(_publishing(pod, port, address, each))
        except (AlreadyExists, Conflict) as error:
            if each == tries[-1] or "is taken" not in error.message:
                raise
        else:
            return Shared(host=address, port=each, pod=pod.name, hint=_hint(address, each))
    raise AssertionError("no port to try")  # pragma: no cover


async def unshare(engine: Engine, pod: Pod) -> None:
    """As `HostsLabs.unshare`."""
    try:
        found = (await engine.get(pod.name)).labels
    except NotFound:
        return
    if pod.metadata.labels.items() <= found.items():
        await engine.delete(pod.name, grace_s=0)


async def _ports(engine: Engine, pod: Pod, address: str) -> Sequence[int]:
    """The port that it has; else all, first the one that it will usually get."""
    try:
        status, found = await engine.get(pod.name), await engine.spec(pod.name)
    except NotFound:
        first = zlib.crc32(pod.name.encode()) % len(SHARED_PORTS)
        return (*SHARED_PORTS[first:], *SHARED_PORTS[:first])
    if not pod.metadata.labels.items() <= status.labels.items():
        raise Conflict(
            f"there is a pod '{pod.name}' already, and it is not the one that seats are to share",
            subject=pod.name,
            hint=f"podlab down {pod.name} removes it",
        )
    ports = published(found)
    if ports and ports[0].host_ip == address and ports[0].host_port:
        return [ports[0].host_port]
    await engine.delete(pod.name, grace_s=0)  # the bridge was made anew, with other addresses
    return SHARED_PORTS


def _publishing(pod: Pod, port: int, address: str, host_port: int) -> Pod:
    first, *others = pod.spec.containers
    place = ContainerPort(container_port=port, host_port=host_port, host_ip=address)
    published = replace(first, ports=(place,))
    return replace(pod, spec=replace(pod.spec, containers=(published, *others)))


def _hint(address: str, port: int) -> str:
    return (
        f"a firewall of the engine's machine is in the way: it has to let TCP port {port} of {address} in "
        "from podlab's bridge; and the engine needs its userland proxy, which is on unless daemon.json says no"
    )
