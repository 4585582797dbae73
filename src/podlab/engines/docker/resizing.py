"""What a container may use, as it is found and as it should be. Pure.

Labels stay as they were when the container was made: one has a hash of all of it (`naming.HASH`), the other of what
cannot change while it runs (`naming.SHAPE`). So limits that have changed since are read from the container itself.
https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerUpdate
"""

from __future__ import annotations

from typing import Final

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.found import FoundContainer
from podlab.model import Container, Pod
from podlab.node import resizing

_OF: Final = {"NanoCpus": "cpu", "CpuShares": "cpu", "Memory": "memory", "MemoryReservation": "memory"}
"""`MemorySwap` is what `Memory` is, where the engine can bound it."""
_ROUGHLY: Final = {"NanoCpus": 20_000}
"""The kernel counts processors in hundredths of a thousandth."""


def has_other_shape(wanted: Pod, container: Container, found: FoundContainer) -> bool:
    """Whether the container has to be made anew."""
    if found.hash == translate.member_hash(wanted, container):
        return False
    if found.labels.get(naming.SHAPE) != translate.member_shape(wanted, container):
        return True
    bounds = translate.own_bounds(wanted, container)
    lifted = any(found.bounds.get(key, 0) > 0 and key not in bounds for key in _OF)
    changed = {_OF[key] for key in _OF if key in bounds and _differs(found, key, bounds[key])}
    return lifted or any(resizing.needs_restart(container, name) for name in changed)


def needs_update(wanted: Pod, container: Container, found: FoundContainer) -> bool:
    """Whether its bounds must change as it is. What an engine never held of those that it was made with is left so."""
    is_as_made = found.hash == translate.member_hash(wanted, container)
    bounds = translate.own_bounds(wanted, container)
    return any(
        key in bounds
        and _differs(found, key, bounds[key])
        and not (is_as_made and found.bounds.get(key, 0) <= 0)
        for key in _OF
    )


def _differs(found: FoundContainer, key: str, wanted: int) -> bool:
    return abs(found.bounds.get(key, 0) - wanted) > _ROUGHLY.get(key, 0)


def update(wanted: Pod, name: str) -> translate.Body:
    """The request's body."""
    container = wanted.container(name)
    return translate.own_bounds(wanted, container) if container else {}
