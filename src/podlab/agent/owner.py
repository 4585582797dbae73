"""Who answers for pods: a pool for those of its seats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.model import Pod


class Owner(Protocol):
    """Knows of its pods what nobody sees by looking at the engine."""

    def owns(self, name: str) -> bool:
        """Whether the pod is one of theirs. One that is theirs and not `wanted` is left alone: they are at it."""
        ...

    def wanted(self) -> Mapping[str, Pod]:
        """Pods that have to be there and run, whoever stopped or removed them."""
        ...


class Nobody:
    """Owns nothing: every pod is judged by what is seen."""

    def owns(self, name: str) -> bool:
        return False

    def wanted(self) -> Mapping[str, Pod]:
        return {}
