"""What dockerd and containerd are told. Pure.

The engine runs a containerd of its own: without one dockerd would join the system's, where an engine that
the user has keeps its containers. https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
"""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from itertools import chain
from typing import TYPE_CHECKING, Any

from podlab.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from podlab.engines.docker.daemon.place import Place

STOP_S = 5
"""How long containers may take to end when the engine is stopped, where they ask for no more themselves."""


class Block:
    """A /16 of private addresses for one engine, cut up: the way to it, its default bridge, its networks."""

    def __init__(self, network: IPv4Network) -> None:
        self.network = network
        parts = list(network.subnets(new_prefix=20))
        self.bridge = IPv4Interface(f"{parts[0][1]}/20")
        self.pools = (
            (_join(parts[4:8]), 20),
            (_join(parts[8:16]), 24),
        )  # four large networks, then small ones
        ends = next(parts[1].subnets(new_prefix=30))
        self.host_end, self.engine_end = IPv4Interface(f"{ends[1]}/30"), IPv4Interface(f"{ends[2]}/30")


def choose_block(taken: Iterable[IPv4Network], preferred: str = "") -> Block:
    """The block that an earlier start used, else the first that overlaps nothing on the host."""
    taken = list(taken)
    for candidate in chain([IPv4Network(preferred)] if preferred else [], _candidates()):
        if not any(candidate.overlaps(other) for other in taken):
            return Block(candidate)
    raise Unavailable(
        "no private /16 of addresses is free for an engine", hint="ip route shows what takes them"
    )


def dockerd(place: Place, block: Block, *, systemd: bool) -> dict[str, Any]:
    """Its whole configuration file; the machine's own in /etc/docker is never read."""
    return {
        "hosts": [f"unix://{place.socket}"],
        "pidfile": str(place.pidfile),
        "data-root": str(place.data_root),
        "exec-root": str(place.exec_root),
        "containerd": str(place.containerd_socket),
        "cgroup-parent": f"{place.cgroup}.slice" if systemd else f"/{place.cgroup}",
        "exec-opts": [f"native.cgroupdriver={'systemd' if systemd else 'cgroupfs'}"],
        "bridge": place.link,
        "default-address-pools": [{"base": str(base), "size": size} for base, size in block.pools],
        "shutdown-timeout": STOP_S,
        "log-level": "warn",
    }


def containerd(place: Place) -> str:
    """TOML. The Kubernetes part is off: it would look for CNI networks and open a port."""
    return f"""\
version = 2
root = "{place.containerd_data}"
state = "{place.containerd_run}"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"
]
[grpc]
  address = "{place.containerd_socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{place.containerd_data}/opt"
"""


def _candidates() -> Iterator[IPv4Network]:
    """High in 10/8 first, where few networks are; then 172.16/12 without Docker's own default."""
    yield from (IPv4Network(f"10.{n}.0.0/16") for n in chain(range(201, 250), range(151, 200)))
    yield from (IPv4Network(f"172.{n}.0.0/16") for n in range(20, 32))


def _join(parts: list[IPv4Network]) -> IPv4Network:
    whole = parts[0]
    while not parts[-1].subnet_of(whole):
        whole = whole.supernet()
    return whole
