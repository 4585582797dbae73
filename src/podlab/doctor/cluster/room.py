"""How many seats fit the nodes: what is allocatable, less what is requested. As the scheduler reckons it.

https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from podlab.doctor.limit import Limit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.doctor.cluster.facts import Cluster, Node, Seat

_KEEPS_OUT: Final = frozenset({"NoSchedule", "NoExecute"})


def suits(node: Node, seat: Seat) -> bool:
    """Whether a seat may be put there at all."""
    if not node.is_ready or not seat.selector.items() <= node.labels.items():
        return False
    return all(
        any(_tolerates(each, taint) for each in seat.tolerations)
        for taint in node.taints
        if taint.get("effect") in _KEEPS_OUT
    )


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"""
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return bool(
        toleration.get("key") == taint.get("key") and toleration.get("value", "") == taint.get("value", "")
    )


def limits(cluster: Cluster, seat: Seat) -> list[Limit]:
    """Of each resource alone, and of all together; the tightest first. Empty where nobody may look at the nodes."""
    if cluster.nodes is None:
        return []
    nodes = [each for each in cluster.nodes if suits(each, seat)]
    asks = {"cpu": seat.cpu, "memory": seat.memory, "pods": Decimal(1)}
    found = []
    for key, one in asks.items():
        fits = sum(max(0, int(each.free[key] // one)) for each in nodes) if one else 10**6
        found.append(
            Limit(id=f"room.{key}", resource=key, fits=fits, sum=_sum(key, nodes, seat), fix=_FIXES[key])
        )
    together = sum(
        min(max(0, int(each.free[key] // one)) for key, one in asks.items() if one) for each in nodes
    )
    if together < min(each.fits for each in found):
        found.append(
            Limit(
                id="room.nodes", resource="room on single nodes", fits=together, fix=_FIXES["memory"],
                sum="what is free lies on different nodes",
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: each.fits)


_FIXES: Final = {
    "cpu": "add nodes, or let a seat request less: resources.requests.cpu in podlab.yaml",
    "memory": "add nodes, or let a seat request less: resources.requests.memory in podlab.yaml",
    "pods": "add nodes: a kubelet takes 110 pods unless its maxPods says otherwise",
}


def _sum(key: str, nodes: list[Node], seat: Seat) -> str:
    free = sum((max(Decimal(0), each.free[key]) for each in nodes), Decimal(0))
    count = f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}"
    if key == "cpu":
        return f"{float(free):g} processors not requested on {count}, {float(seat.cpu):g} a seat"
    if key == "memory":
        return f"{int(free) >> 20} MiB not requested on {count}, {int(seat.memory) >> 20} MiB a seat"
    return f"{int(free)} pods more on {count}"
