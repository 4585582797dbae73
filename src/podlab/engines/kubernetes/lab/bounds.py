"""How much all pods of a lab may take together, and what one takes that says nothing.

https://kubernetes.io/docs/concepts/policy/resource-quotas/ https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from podlab import quantity
from podlab.model.container import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podlab.engines.labs import Ground
    from podlab.model import Container, PodSpec

RESOURCES: Final = ("cpu", "memory")
DEFAULT: Final = {"cpu": Decimal(1), "memory": Decimal(512 * 2**20)}
"""What a container may take that does not say it."""
RESERVED: Final = {"cpu": Decimal(1) / 20, "memory": Decimal(1) / 4}
"""Of what a seat's container may take, what is kept free for it, where it does not say that itself. Without, Kubernetes
keeps free all that it may take, and a node that has room for thirty seats takes one."""
SPARE: Final = 10
"""One pod more for so many seats: one that is made anew may be there while the old one still goes."""


def reserving(spec: PodSpec) -> PodSpec:
    """The same pod, each container with requests of its own for what it has limits of."""
    return replace(
        spec,
        containers=tuple(map(_reserving, spec.containers)),
        init_containers=tuple(map(_reserving, spec.init_containers)),
    )


def _reserving(container: Container) -> Container:
    if container.resources is None:
        return container
    said, limits = container.resources.requests, container.resources.limits
    missing = {
        name: text(name, quantity.parse(limits[name]) * RESERVED[name])
        for name in RESOURCES
        if name in limits and name not in said
    }
    if not missing:
        return container
    return replace(container, resources=replace(container.resources, requests={**said, **missing}))


def amounts(spec: PodSpec) -> dict[str, Decimal]:
    """What a pod counts for, `requests.cpu` to `limits.memory`: its containers together, or its largest init
    container where that is more. https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers"""
    found: dict[str, Decimal] = {}
    beside = [each for each in spec.init_containers if each.restart_policy == "Always"]
    before = [each for each in spec.init_containers if each.restart_policy != "Always"]
    for kind in ("requests", "limits"):
        for name in RESOURCES:
            whole = sum((_amount(each, kind, name) for each in (*spec.containers, *beside)), Decimal(0))
            found[f"{kind}.{name}"] = max([whole, *(_amount(each, kind, name) for each in before)])
    return found


def _amount(container: Container, kind: str, name: str) -> Decimal:
    resources = container.resources or Resources()
    limits, requests = resources.limits, resources.requests
    if kind == "limits":
        return quantity.parse(limits[name]) if name in limits else DEFAULT[name]
    if name in requests:
        return quantity.parse(requests[name])
    return quantity.parse(limits[name]) if name in limits else DEFAULT[name] * RESERVED[name]


def hard(ground: Ground) -> dict[str, str]:
    """What the lab's namespace may hold: its seats, a few that go or come, and what they share."""
    seats = ground.seats + max(2, math.ceil(ground.seats / SPARE))
    one = amounts(ground.seat.spec)
    beside: Sequence[Mapping[str, Decimal]] = [amounts(each.spec) for each in ground.beside]
    # A shared pod is looked at from a seat's place by one more of its kind.
    sums = {
        key: value * seats + 2 * sum((each[key] for each in beside), Decimal(0)) for key, value in one.items()
    }
    return {
        "pods": str(seats + 2 * len(beside)),
        **{key: text(key.partition(".")[2], value) for key, value in sums.items()},
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }


def quota(ground: Ground) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard(ground)}}


def limit_range(ground: Ground) -> dict[str, Any]:
    """A container may not take more than the largest of a seat does."""
    every = [*ground.seat.members, *(c for pod in ground.beside for c in pod.members)]
    most = {name: max([DEFAULT[name], *(_amount(c, "limits", name) for c in every)]) for name in RESOURCES}
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "default": {name: text(name, DEFAULT[name]) for name in RESOURCES},
                    "defaultRequest": {
                        name: text(name, DEFAULT[name] * RESERVED[name]) for name in RESOURCES
                    },
                    "max": {name: text(name, most[name]) for name in RESOURCES},
                }
            ]
        },
    }


def text(name: str, amount: Decimal) -> str:
    """`500m` or `3` processors; `64Mi`, or bytes."""
    if name == "cpu":
        milli = math.ceil(amount * 1000)
        return f"{milli}m" if milli % 1000 else str(milli // 1000)
    size = math.ceil(amount)
    return f"{size >> 20}Mi" if size % (1 << 20) == 0 else str(size)
