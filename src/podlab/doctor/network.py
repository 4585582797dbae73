"""Room for podlab's two networks and for seats on one of them, and what seats reach from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network
from typing import Final

from podlab import naming
from podlab.doctor.facts import Facts, NetworkFacts
from podlab.doctor.finding import Finding, Level
from podlab.doctor.limit import Limit, room

BRIDGE_PORTS: Final = 1023
"""Of a Linux bridge: BR_MAX_PORTS is 1024 and port 0 is not given.
https://github.com/torvalds/linux/blob/v6.12/net/bridge/br_private.h"""
_NOT_TRIED: Final = "not tried: the engine has no image to try it with"
_SECURITY: Final = "docs/security.md"
DEFAULT_POOLS: Final = (
    ("172.17.0.0/16", 16), ("172.18.0.0/16", 16), ("172.19.0.0/16", 16), ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16), ("172.28.0.0/14", 16), ("192.168.0.0/16", 20),
)  # fmt: skip
"""https://github.com/moby/moby/blob/v26.1.5/libnetwork/ipamutils/utils.go"""
NOT_FOR_SEATS: Final = 3
"""Addresses of a subnet that no pod gets: the network's, the gateway's and the broadcast address."""

_POOLS: Final = "https://docs.docker.com/engine/network/#subnet-allocation"
_MORE_POOLS: Final = (
    'set {"default-address-pools": [{"base": "10.200.0.0/14", "size": 20}]} in daemon.json and restart the engine, '
    "or remove networks: docker network prune"
)


def findings(facts: Facts) -> Iterator[Finding]:
    if facts.engine is None:
        return
    pools = facts.engine.address_pools or DEFAULT_POOLS
    total, free = _count(pools), free_pools(pools, facts.networks)
    there = {network.name for network in facts.networks if network.is_ours}
    missing = [name for name in (naming.NETWORK, naming.ISOLATED_NETWORK) if name not in there]
    is_enough = free >= len(missing)
    yield Finding(
        id="network.pools",
        title="address pools",
        level=Level.OK if is_enough else Level.PROBLEM,
        found=f"{free} of {total} are free; podlab takes 2 for all pods together"
        + (f", {' and '.join(missing)} still to be made" if missing else ", and has them"),
        fix="" if is_enough else _MORE_POOLS,
        link=_POOLS,
    )
    for name in (naming.NETWORK, naming.ISOLATED_NETWORK):
        if any(network.name == name and not network.is_ours for network in facts.networks):
            yield Finding(
                id="network.foreign",
                title=f"network {name}",
                level=Level.PROBLEM,
                found="a network of that name is there, and podlab did not make it",
                fix=f"docker network rm {name}",
            )

    yield _closed(facts, is_there=naming.ISOLATED_NETWORK in there)


def _closed(facts: Facts, *, is_there: bool) -> Finding:
    level, fix, reach = Level.NOTE, "", facts.reach
    if not is_there:
        level, text = Level.OK, "no seat has been here; podlab serve closes the machine before the first"
    elif reach is None:
        text = _NOT_TRIED
    elif reach.problem:
        text = f"not tried: {reach.problem}"
    elif reach.reached:
        level, fix = Level.WARNING, "podlab firewall"
        text = (
            "a container in the seats' network reaches what listens on the engine's machine, at "
            f"{', '.join(sorted(reach.reached))}"
        )
    else:
        level = Level.OK
        text = f"tried from inside the seats' network: no answer at {', '.join(sorted(reach.listening))}"
    return Finding(
        id="network.closed", title="machine closed to seats", level=level, found=text, fix=fix, link=_SECURITY
    )


def limits(facts: Facts) -> Iterator[Limit]:
    """Seats are pods that cannot reach each other, all on one bridge."""
    if facts.engine is None:
        return
    ours = next((n for n in facts.networks if n.name == naming.ISOLATED_NETWORK), None)
    used = ours.used if ours else 0
    yield Limit(
        id="network.bridge",
        resource="ports of the bridge",
        fits=room(BRIDGE_PORTS - used, 1),
        sum=f"({BRIDGE_PORTS} ports of a Linux bridge - {used} in use) / 1 a seat",
        fix="a second engine: podlab engine start --name second",
    )
    addresses = _addresses(facts, ours)
    if addresses is not None:
        yield Limit(
            id="network.addresses",
            resource="addresses of the bridge",
            fits=room(addresses - NOT_FOR_SEATS - used, 1),
            sum=f"({addresses} in its subnet - {NOT_FOR_SEATS} - {used} in use) / 1 a seat",
            fix=f"{_MORE_POOLS}; then, without pods: podlab prune, so that the bridge is made anew",
            link=_POOLS,
        )


def free_pools(pools: Iterable[tuple[str, int]], networks: Iterable[NetworkFacts]) -> int:
    """How many networks the engine can still make without being told a subnet."""
    taken = [ip_network(subnet) for network in networks for subnet in network.subnets]
    free = 0
    for base, size in _ipv4(pools):
        covered = [n for n in taken if isinstance(n, IPv4Network) and n.overlaps(base)]
        wide = any(n.prefixlen <= base.prefixlen for n in covered)
        # Small networks may lie in one and the same pool.
        blocks = {int(n.network_address) >> (32 - size) for n in covered if n.prefixlen >= size}
        large = sum(2 ** (size - n.prefixlen) for n in covered if n.prefixlen < size)
        free += 0 if wide else max(0, 2 ** (size - base.prefixlen) - len(blocks) - large)
    return free


def _addresses(facts: Facts, ours: NetworkFacts | None) -> int | None:
    if ours is not None:
        subnets = [ip_network(subnet) for subnet in ours.subnets]
        return next((n.num_addresses for n in subnets if isinstance(n, IPv4Network)), None)
    pools = (facts.engine.address_pools if facts.engine else ()) or DEFAULT_POOLS
    # The engine takes the first pool with room.
    roomy = (size for base, size in _ipv4(pools) if free_pools([(str(base), size)], facts.networks))
    return next((2 ** (32 - size) for size in roomy), None)


def _count(pools: Iterable[tuple[str, int]]) -> int:
    return sum(2 ** (size - base.prefixlen) for base, size in _ipv4(pools))


def _ipv4(pools: Iterable[tuple[str, int]]) -> Iterator[tuple[IPv4Network, int]]:
    for base, size in pools:
        network = ip_network(base, strict=False)
        if isinstance(network, IPv4Network):
            yield network, size
