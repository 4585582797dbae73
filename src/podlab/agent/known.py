"""What the agent remembers of a pod, and what it may repair by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podlab import naming
from podlab.status import Phase, PodStatus, State

if TYPE_CHECKING:
    from podlab.engines.base import Change, PodEvent
    from podlab.model import Pod

SETTLE_S = 1.0
"""A pod is looked at when nothing has happened to it for so long: that a container was stopped on purpose is
told after it has ended, and a removal goes container by container."""
LONGEST_SETTLE_S = 10.0
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 60.0
"""After a repair, before the next one of the same pod; it doubles with each."""
STEADY_S = 120.0
"""A pod that has needed no repair for so long is taken for healthy again."""


@dataclass(slots=True)
class Known:
    """`spec` is the wanted state when the pod was last seen whole: nothing was missing. `stopped` are the
    containers that somebody stopped on purpose."""

    spec: Pod | None = None
    stopped: set[str] = field(default_factory=set)
    first_mark: float | None = None
    due: float = 0.0
    repairs: int = 0
    rests_until: float = 0.0

    def notice(self, event: PodEvent) -> None:
        """`stop` comes when somebody asked for it, after `die`; a crash and a kill have only `die`."""
        if event.action == "stop":
            self.stopped.add(event.container)
        elif event.action == "start":
            self.stopped.discard(event.container)

    def mark(self, now: float, settle_s: float) -> None:
        """It is to be looked at, once it is quiet."""
        self.first_mark = now if self.first_mark is None else self.first_mark
        quiet = min(now + settle_s, self.first_mark + LONGEST_SETTLE_S)
        self.due = max(quiet, self.rests_until)

    def rest(self, now: float) -> None:
        """A repair was tried."""
        if now > self.rests_until + STEADY_S:
            self.repairs = 0
        self.repairs += 1
        self.rests_until = now + min(FIRST_PAUSE_S * 2 ** (self.repairs - 1), LAST_PAUSE_S)


def repairable(known: Known, status: PodStatus, changes: Sequence[Change]) -> tuple[list[Change], set[str]]:
    """Of the changes that would make the pod as wanted, those that undo an accident; and the containers that
    must stay as they are.

    Left alone: what was stopped on purpose; what is made and not started, for whoever made it is about to; and
    what was down already when the agent came. But running on lost namespaces is never on purpose.
    """
    was_down = known.spec is None and status.phase not in (Phase.RUNNING, Phase.PENDING)
    if was_down or naming.INFRA in known.stopped:
        return [], {change.container for change in changes}
    found = {c.name: c for c in status.containers}
    repairs: list[Change] = []
    held: set[str] = set()
    for change in changes:
        container = found.get(change.container)
        if change.container in known.stopped or (container and container.state is State.WAITING):
            held.add(change.container)
        elif known.spec is not None or (container and container.reason == "Stale"):
            repairs.append(change)
        else:
            held.add(change.container)
    return repairs, held - {naming.INFRA, ""}
