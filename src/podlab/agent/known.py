"""What the agent remembers of a pod, and what it may repair by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from podlab import naming
from podlab.node import order
from podlab.status import ContainerStatus, Kind, Phase, PodStatus, State, Termination

if TYPE_CHECKING:
    from podlab.engines.base import Change, PodEvent
    from podlab.model import Pod
    from podlab.node.decide import Decision
    from podlab.pods.keep import Keeper

SETTLE_S = 1.0
"""A pod is looked at when nothing has happened to it for so long: that a container was stopped on purpose is
told after it has ended, and a removal goes container by container."""
AT_ONCE_S = 0.1
"""The same where nobody can have wished for what happened: an init container is done, the engine was away."""
BACKLOG_S = 2.0
"""For so long after its return an engine tells what happened in its absence."""
LONGEST_SETTLE_S = 10.0
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 60.0
"""After a repair, before the next one of the same pod; it doubles with each."""
UNRELATED = 3
TOGETHER_S = 1.0
"""An engine that ends stops all containers at once."""
_NEVER_ON_PURPOSE = ("connect", "publish")
_NEVER_WANTED = ("Stale", "StartError")
"""Why a container is as it is: it runs on lost namespaces, or the engine could not start it."""
STEADY_S = 15.0
"""A pod that has needed no repair for so long is taken for healthy again."""


@dataclass(slots=True)
class Known:
    """`spec` is the wanted state when the pod was last seen whole: nothing was missing.

    Of what has ended: `stopped` are the containers that somebody stopped on purpose, and when we heard of it; `died`
    those that nobody stopped. Of these, `accidents` are no fault of their own: somebody killed them, or the pod's
    namespaces went; where nobody could tell what happened meanwhile, all are (`is_excused`). What we hear before
    `away_until` happened while the engine was away, so nobody can have asked it for that. `taken` are those that the
    engine no longer restarts by itself; `ends` is how each last ended.

    `repairing`: by the engine's clock, when a repair was begun that has not come to its end; `repairs_until`: by ours,
    how long what is told may be of our own doing. `told_at` is the last event's time, and `stirred_at` by our clock
    when we heard of it. `infra_ended_at`: of the infra's present or last end. `odd_since`: parts of the pod are
    missing.
    """

    spec: Pod | None = None
    stopped: dict[str, float] = field(default_factory=dict)
    died: set[str] = field(default_factory=set)
    killed: set[str] = field(default_factory=set)
    accidents: set[str] = field(default_factory=set)
    is_excused: bool = False
    away_until: float = 0.0
    taken: set[str] = field(default_factory=set)
    out_of_memory: set[str] = field(default_factory=set)
    ends: dict[str, Termination] = field(default_factory=dict)
    has_past: bool = False
    infra_ended_at: float | None = None
    odd_since: float | None = None
    repairing: float | None = None
    repairs_until: float = 0.0
    told_at: float | None = None
    stirred_at: float = 0.0
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

    def notice(self, event: PodEvent, now: float, *, is_ours: bool = False) -> None:
        """`stop` comes when somebody asked for it, after `die`; a crash and a kill have only `die`. `is_ours`: a repair
        was under way, which stops members that it starts again. While the engine was away nobody could ask: an engine
        that finds containers of one that was killed stops them, and never starts them again."""
        self.told_at = event.at.timestamp()
        if event.container == naming.INFRA and _ends(event) and self.infra_ended_at is None:
            self.infra_ended_at = now
        if event.action == "stop":
            if now >= self.away_until and (not is_ours or event.container == naming.INFRA):
                self.stopped[event.container] = now
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
            if (event.action, event.container) == ("start", naming.INFRA):
                self.forget_shutdown()
            self.stopped.pop(event.container, None)
            for names in (self.died, self.killed, self.accidents, self.out_of_memory):
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

    def forget_shutdown(self) -> None:
        """The pod's infra container was stopped and runs again, as after a restart of the engine, which stops all that
        it has and starts it again: what was stopped together with it was not stopped on purpose either."""
        at, self.infra_ended_at = self.infra_ended_at, None
        self.stopped.pop(naming.INFRA, None)
        if at is None:
            return
        for name in [name for name, stopped_at in self.stopped.items() if stopped_at > at - TOGETHER_S]:
            del self.stopped[name]
            self.died.add(name)

    def settle_s(self, event: PodEvent, now: float) -> float:
        """How long to wait for what else may happen."""
        return AT_ONCE_S if now < self.away_until or self.is_next_step(event) else SETTLE_S

    def is_next_step(self, event: PodEvent) -> bool:
        """Whether an init container is done: the next one waits for nothing else, and nobody has stopped anything."""
        pod = self.spec or (self.keeper.pod if self.keeper else None)
        is_done = event.action == "die" and event.attributes.get("exitCode") == "0"
        return is_done and pod is not None and order.kind(pod, event.container) is Kind.INIT

    def mark(self, now: float, settle_s: float, *, rests: bool = True) -> None:
        """It is to be looked at, once it is quiet and, where it `rests`, its last repair some time ago."""
        if settle_s:
            self.stirred_at = now
        self.first_mark = now if self.first_mark is None else self.first_mark
        quiet = min(now + settle_s, self.first_mark + LONGEST_SETTLE_S)
        self.due = max(quiet, self.rests_until) if rests else quiet

    def rest(self, now: float, *, has_helped: bool = False) -> None:
        """A repair was tried. Of those that have helped, the first few are taken for accidents that have nothing to do
        with each other."""
        if now > self.rests_until + STEADY_S:
            self.repairs = 0
        self.repairs += 1
        doublings = max(self.repairs - 1 - (UNRELATED if has_helped else 0), 0)
        self.rests_until = now + min(FIRST_PAUSE_S * 2**doublings, LAST_PAUSE_S)


def _ends(event: PodEvent) -> bool:
    return event.action in ("die", "stop") or (
        event.action == "kill" and event.attributes.get("signal") in ("9", "15")
    )


def repairable(
    known: Known, wanted: Pod, status: PodStatus, decision: Decision, changes: Sequence[Change]
) -> tuple[list[Change], set[str]]:
    """Of the changes that would make the pod as wanted, those that undo an accident or go on with what is under way;
    and the containers that must stay as they are.

    When all containers have ended, stopping their sidecars is the rest of what is under way.

    Left alone: what was stopped on purpose; what is made and not started, for whoever made it is about to; what backs
    off; and what was down already when the agent came, where the engine does not tell why. But running on lost
    namespaces is never on purpose, nor is what is missing, nor what an agent left half repaired.
    """
    ours = {c.name for c in decision.record.containers if c.not_before is not None}
    is_under_way = bool(wanted.spec.init_containers) and decision.record.initialized != order.key(
        wanted, status.sandbox
    )
    was_down = known.spec is None and status.phase not in (Phase.RUNNING, Phase.PENDING)
    is_over = order.is_over(wanted, status)
    is_ours = known.repairing is not None
    found = {c.name: c for c in status.containers}
    is_unwanted = any(c.reason in _NEVER_WANTED for c in status.containers)
    is_explained = is_over or ours or known.died or is_ours or is_unwanted
    if (was_down and not is_explained) or naming.INFRA in known.stopped:
        return [], {change.container for change in changes}
    repairs: list[Change] = []
    held: set[str] = set()
    for change in changes:
        name, container = change.container, found.get(change.container)
        ended_since = change.verb in ("start", "set aside") and container and _runs(container)
        if name in decision.hold or ended_since:  # nobody has decided yet about an end after the look
            held.add(name)
        elif name in ours or is_under_way or _is_never_wanted(change, container, is_over=is_over):
            repairs.append(change)
        elif name in known.stopped or (container and container.state is State.WAITING and not is_ours):
            held.add(name)
        elif (
            known.spec is not None
            or is_ours
            or name in known.died
            or (container is None and name not in ("", naming.INFRA))
        ):
            repairs.append(change)
        else:
            held.add(name)
    if repairs:  # what they need is done with them
        repairs = [c for c in changes if c in repairs or c.container == naming.INFRA]
    return repairs, held - {naming.INFRA, ""}


def is_odd(status: PodStatus) -> bool:
    """Whether the cheap listing shows a pod that may need a repair."""
    return (
        status.phase is not Phase.RUNNING
        or status.running < status.wanted
        or any(c.reason == "Stale" or _has_ended(c) for c in status.containers)
    )


def _has_ended(c: ContainerStatus) -> bool:
    return c.state is State.TERMINATED and not (c.kind is Kind.INIT and c.exit_code == 0)


def _is_never_wanted(change: Change, container: ContainerStatus | None, *, is_over: bool) -> bool:
    """Whether nobody can have wished for what the change undoes, whatever they stopped."""
    if change.verb in _NEVER_ON_PURPOSE or (is_over and change.verb == "stop"):
        return True
    return container is not None and container.reason in _NEVER_WANTED


def _runs(container: ContainerStatus) -> bool:
    return container.state is State.RUNNING and container.reason != "Stale"
