"""What of a container's resources can change while it runs.

https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

from podlab.model import Container, Quantity, Resources

RESIZABLE: Final = ("cpu", "memory")


def shape(container: Container) -> Container:
    """The container without what can change while it runs: where only that differs, shapes are equal."""
    if container.resources is None:
        return container
    rest = Resources(
        limits=_fixed(container.resources.limits), requests=_fixed(container.resources.requests)
    )
    return dataclasses.replace(container, resources=rest if rest != Resources() else None)


def _fixed(amounts: Mapping[str, Quantity]) -> dict[str, Quantity]:
    return {name: amount for name, amount in amounts.items() if name not in RESIZABLE}


def needs_restart(container: Container, resource: str) -> bool:
    """Whether `resizePolicy` wants the container made anew for another amount of this."""
    return any(
        each.resource_name == resource and each.restart_policy == "RestartContainer"
        for each in container.resize_policy
    )


def is_in_place(before: Container, after: Container) -> bool:
    """Whether the one becomes the other while it runs: what has been said can change, and not be unsaid."""
    if shape(before) != shape(after):
        return False
    old, new = before.resources or Resources(), after.resources or Resources()
    for had, has in ((old.limits, new.limits), (old.requests, new.requests)):
        for name in RESIZABLE:
            if had.get(name) != has.get(name) and (name not in has or needs_restart(after, name)):
                return False
    return True
