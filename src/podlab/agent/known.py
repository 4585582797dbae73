"""What the agent remembers of a pod: what happened to it, and when it is to be looked at."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from podlab import naming
from podlab.node import order
from podlab.status import Kind, Termination

if TYPE_CHECKING:
    from podlab.engines.base import PodEvent
    from podlab.model import Pod
    from podlab.pods.keep import Keeper

SETTLE_S = 1.0
"""A pod is looked at when nothing has happened to it for so long: that a container was stopped on purpose is
told after it has ended, and a removal goes container by container."""
AT_ONCE_S = 0.1
"""The same where nobody can have wished for what happened: an init container is done, the engine was away."""
BACKLOG_S = 2.0
"""For so long after its return an engine tells what happened in its absence."""
OUTLIVES_S = 60.0
"""What ran before an engine's return and ends so soon after it, ends for no fault of its own: an engine that comes
after one that was killed stops what that has left."""
LONGEST_SETTLE_S = 10.0
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 60.0
"""After a repair, before the next one of the same pod; it doubles with each."""
UNRELATED = 3
TOGETHER_S = 1.0
"""An engine that ends stops all containers at once."""
STEADY_S = 15.0
"""A pod that has needed no repair for so long is taken for healthy again."""


@dataclass(slots=True)
class Known:
    """`spec` is the wanted state when the pod was last seen whole: nothing was missing.

    Of what has ended: `stopped` are the containers that somebody stopped on purpose, and when we heard of it; `died`
    those that nobody stopped. Of these, `accidents` are no fault of their own: somebody killed them, or the pod's
    namespaces went; where nobody could tell what happened meanwhile, all are (`is_excused`). `back_at`, by our clock,
    the engine answered again, and `begun` are those that were started since. `taken` are those that the engine no
    longer restarts by itself; `ends` is how each last ended.

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
    back_at: float = -math.inf
    begun: set[str] = field(default_factory=set)
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
            if not self._is_backlog(now) and (not is_ours or event.container == naming.INFRA):
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
        elif event.action == "start":
            self.begun.add(event.container)
            if event.container == naming.INFRA:
                self.forget_shutdown()
            self._forget_end(event.container)
        elif event.action == "destroy":
            self._forget_end(event.container)

    def _forget_end(self, container: str) -> None:
        self.stopped.pop(container, None)
        for names in (self.died, self.killed, self.accidents, self.out_of_memory):
            names.discard(container)

    def engine_is_back(self, now: float) -> None:
        """That pods were down says nothing of them, so nothing of former repairs counts."""
        self.back_at = now
        self.begun.clear()
        self.repairs, self.rests_until = 0, now

    def _is_backlog(self, now: float) -> bool:
        """Whether what we hear happened while the engine was away: nobody can have asked it for that."""
        return now < self.back_at + BACKLOG_S

    def excused(self, containers: Collection[str], now: float) -> set[str]:
        """Those whose end is no fault of their own."""
        if self.is_excused:
            return {*containers}
        outlived = {*containers} - self.begun if now < self.back_at + OUTLIVES_S else set()
        return self.accidents | outlived

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
        return AT_ONCE_S if self._is_backlog(now) or self.is_next_step(event) else SETTLE_S

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
