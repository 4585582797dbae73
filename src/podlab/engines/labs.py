"""What an engine offers to a class beside its seats' pods. Not every engine does: ask with `isinstance`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.engines.guards import Security
    from podlab.model import Pod, PodSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a lab's pods are to stand. `lab` is the workshop's name, `seat` a pod as each of its `seats` is one, and
    `beside` are the pods that it shares. With `closes_lan` seats reach no private address at all, but name servers."""

    lab: str
    seat: Pod
    seats: int
    beside: tuple[Pod, ...] = ()
    closes_lan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Where seats reach what they share. `pod` is a pod to wait for; empty where it is ready. `hint` is what to do
    where seats do not reach it."""

    host: str
    port: int
    pod: str = ""
    hint: str = ""


@runtime_checkable
class HostsLabs(Protocol):
    """An engine that a class can be given on. All of it may be done again: what is as wanted is left alone."""

    def at_lab(self, lab: str) -> Engine:
        """The same engine where the pods of this lab are made, which need not be there yet. Closing this one closes
        that one, too."""
        ...

    async def security(self) -> Security: ...

    def seat(self, spec: PodSpec) -> PodSpec:
        """What a seat's pod is to be made with here: what the workshop says, and what it leaves to the engine."""
        ...

    async def lay_ground(self, ground: Ground) -> str:
        """Before the first seat is made. From now on seats reach neither each other, nor the machines that they run on,
        nor the engine itself, and all of them together take no more than is meant for them, where the engine can
        bound that.

        Returns what `ground` gives as long as this holds. `Unsupported` where the engine cannot, `Denied` where it does
        not let us, `Conflict` where what is there is somebody else's.
        """
        ...

    async def ground(self) -> str:
        """What seats stand on now; another one than before is not closed yet. Empty: nothing was laid."""
        ...

    async def clear_ground(self, lab: str) -> None:
        """Remove what `lay_ground` made for this lab alone, and all that stands on it. None is as good."""
        ...

    async def share(self, pod: Pod, port: int, *, keeps: str = "") -> Shared:
        """Run a pod beside the seats, so that each of them reaches this port of it, and none reaches another by it. It
        stays where it is as long as seats may know it. What its first container writes below the folder `keeps` lasts
        when its node does not, where the engine has storage for that. `Conflict` where something else has its name."""
        ...

    async def unshare(self, pod: Pod) -> None:
        """Remove it. What has its name and not its labels is somebody else's, and stays."""
        ...
