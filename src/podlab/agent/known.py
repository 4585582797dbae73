"""What the agent remembers of a pod, and what it may repair by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from podlab import naming
from podlab.node import order
from podlab.status import ContainerStatus, Phase, PodStatus, State, Termination

if TYPE_CHECKING:
    from podlab.engines.base import Change, PodEvent
    from podlab.model import Pod
    from podlab.node.decide import Decision
    from podlab.pods.keep import Keeper

SETTLE_S = 1.0
"""A pod is looked at when nothing has happened to it for so long: that a container was stopped on purpose is
told after it has ended, and a removal goes container by container."""
LONGEST_SETTLE_S = 10.0
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 60.0
"""After a repair, before the next one of the same pod; it doubles with each."""
_NEVER_ON_PURPOSE = ("connect", "publish")
STEADY_S = 15.0
"""A pod that has needed no repair for so long is taken for healthy again."""


@dataclass(slots=True)
class Known:
    """`spec` is the wanted state when the pod was last seen whole: nothing was missing. `stopped` are the
    containers that somebody stopped on purpose, `died` those that ended and that nobody stopped. Of these,
    `accidents` are no fault of their own: somebody killed them, or the pod's namespaces went; where nobody could tell
    what happened meanwhile, all are (`is_excused`). `taken`
    are those that the engine no longer restarts by itself; `ends` is how each last ended."""

    spec: Pod | None = None
    stopped: set[str] = field(default_factory=set)
    died: set[str] = field(default_factory=set)
    killed: set[str] = field(default_factory=set)
    accidents: set[str] = field(default_factory=set)
    is_excused: bool = False
    taken: set[str] = field(default_factory=set)
    out_of_memory: set[str] = field(default_factory=set)
    ends: dict[str, Termination] = field(default_factory=dict)
    has_past: bool = False
    headless_since: float | None = None
    keeper: Keeper | None = None
    first_mark: float | None = None
    due: float = 0.0
    repairs: int = 0
    rests_until: float = 0.0
    wakes_at: float | None = None

    def is_crash(self, event: PodEvent) -> bool:
        """Whether the event tells that a container has ended by itself, for the first time. Ask after `notice`."""
        if event.action != "die" or event.container in self.accidents | self.killed | self.taken:
            return False
        return event.container != naming.INFRA

    def notice(self, event: PodEvent) -> None:
        """`stop` comes when somebody asked for it, after `die`; a crash and a kill have only `die`."""
        if event.action == "stop":
            self.stopped.add(event.container)
            self.died.discard(event.container)
        elif event.action == "oom":
            self.out_of_memory.add(event.container)
        elif event.action == "kill":
            self.killed.add(event.container)
        elif event.action == "die":
            self.died.add(event.container)
            self._ended(event)
            if event.container == naming.INFRA:
                self.accidents |= self.died
            elif event.container in self.killed or naming.INFRA in self.died:
                self.accidents.add(event.container)
        elif event.action in ("start", "destroy"):
            for names in (self.stopped, self.died, self.killed, self.accidents, self.out_of_memory):
                names.discard(event.container)

    def _ended(self, event: PodEvent) -> None:
        told = event.attributes
        if "exitCode" not in told:
            return
        code = int(told["exitCode"])
        reason = "OOMKilled" if event.container in self.out_of_memory else "Error" if code else "Completed"
        ran = timedelta(seconds=int(told.get("execDuration", 0)))
        self.ends[event.container] = Termination(
            exit_code=code, reason=reason, started_at=event.at - ran, finished_at=event.at
        )

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


def repairable(
    known: Known, wanted: Pod, status: PodStatus, decision: Decision, changes: Sequence[Change]
) -> tuple[list[Change], set[str]]:
    """Of the changes that would make the pod as wanted, those that undo an accident or go on with what is under way;
    and the containers that must stay as they are.

    When all containers have ended, stopping their sidecars is the rest of what is under way.

    Left alone: what was stopped on purpose; what is made and not started, for whoever made it is about to; what backs
    off; and what was down already when the agent came, where the engine does not tell why. But running on lost
    namespaces is never on purpose.
    """
    ours = {c.name for c in decision.record.containers if c.not_before is not None}
    is_under_way = bool(wanted.spec.init_containers) and decision.record.initialized != order.key(
        wanted, status.sandbox
    )
    was_down = known.spec is None and status.phase not in (Phase.RUNNING, Phase.PENDING)
    is_over = order.is_over(wanted, status)
    is_unexplained = was_down and not is_over and not ours and not known.died
    if is_unexplained or naming.INFRA in known.stopped:
        return [], {change.container for change in changes}
    found = {c.name: c for c in status.containers}
    repairs: list[Change] = []
    held: set[str] = set()
    for change in changes:
        name, container = change.container, found.get(change.container)
        ended_since = change.verb == "start" and container and _runs(container)
        if name in decision.hold or ended_since:  # nobody has decided yet about an end after the look
            held.add(name)
        elif name in ours or is_under_way or (is_over and change.verb == "stop"):
            repairs.append(change)
        elif name in known.stopped or (container and container.state is State.WAITING):
            held.add(name)
        elif known.spec is not None or name in known.died or (container and container.reason == "Stale"):
            repairs.append(change)
        else:
            held.add(name)
    return repairs, held - {naming.INFRA, ""}


def _runs(container: ContainerStatus) -> bool:
    return container.state is State.RUNNING and container.reason != "Stale"
