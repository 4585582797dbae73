"""Who is ended first when the machine runs out of memory: a pod's class, and its containers' scores as of a kubelet.

https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

from podlab import quantity
from podlab.model import Container, Pod, Resources

_COUNTED: Final = ("cpu", "memory")
FIRST: Final = 1000
"""Of a container that asked for nothing."""
_LEAST, _MOST = 2, 999


class Quality(StrEnum):
    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def quality(pod: Pod) -> Quality:
    """Of a pod with resources of its own these decide, else those of all its containers."""
    said = [pod.spec.resources] if pod.spec.resources else [c.resources or Resources() for c in pod.members]
    if not any(name in each.limits or name in each.requests for each in said for name in _COUNTED):
        return Quality.BEST_EFFORT
    if all(_is_guaranteed(each) for each in said):
        return Quality.GUARANTEED
    return Quality.BURSTABLE


def _is_guaranteed(said: Resources) -> bool:
    return all(
        name in said.limits
        and quantity.parse(said.requests.get(name, said.limits[name])) == quantity.parse(said.limits[name])
        for name in _COUNTED
    )


def asks_for_memory(pod: Pod, container: Container) -> Decimal:
    """In bytes; with its part of what the pod asks for as a whole beyond its containers."""
    own = _memory(container.resources)
    if pod.spec.resources is None:
        return own
    rest = _memory(pod.spec.resources) - sum(map(_memory, (c.resources for c in pod.spec.containers)), Decimal())
    return own + max(Decimal(), rest) / max(1, len(pod.spec.containers))


def _memory(said: Resources | None) -> Decimal:
    if said is None:
        return Decimal()
    return quantity.parse(said.requests.get("memory", said.limits.get("memory", 0)))


def score(memory: Decimal, machine_bytes: int) -> int:
    """Of a burstable container that asks for so much memory of a machine with so much: who asks for more goes later."""
    left = int(FIRST - FIRST * memory / machine_bytes)
    return min(max(_LEAST, left), _MOST)
