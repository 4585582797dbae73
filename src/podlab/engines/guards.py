"""What an engine offers to protect its machine from its pods. Not every engine does: ask with `isinstance`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How an engine keeps containers apart from its machine."""

    maps_users: bool = False
    """Root in a container is an ordinary user of the machine: userns-remap, or an engine without root."""
    cgroup_version: int = 1
    runtimes: frozenset[str] = frozenset()
    """Names that a pod's `runtimeClassName` may have."""
    levels: frozenset[str] | None = None
    """At which levels (docs/levels.md) it can run a nested Docker daemon; None: at all of them."""


@runtime_checkable
class Guards(Protocol):
    """An engine whose machine can be closed to isolated pods."""

    async def security(self) -> Security: ...

    async def close_machine(self, *, closes_lan: bool = False) -> str:
        """From now on isolated pods reach nothing that listens on the engine's machine, on any of its addresses, but
        `naming.SHARED_PORTS` of `Engine.isolated_gateway`; no metadata service, and no other pods' bridges. With
        `closes_lan` also no private addresses, but for name servers. Closed already is as good.

        Returns what `guarded_network` gives as long as this holds. The image `naming.FIREWALL_IMAGE` must be there.
        `Unsupported` where the machine's kernel cannot, `Denied` where the engine does not let us.
        """
        ...

    async def open_machine(self) -> None:
        """Undo `close_machine`. Never closed is as good."""
        ...

    async def guarded_network(self) -> str:
        """Which network the isolated pods are in now; another one than before is not closed yet. Empty: none."""
        ...
