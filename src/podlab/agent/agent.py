"""The loop: events tell where to look, a slow round over all pods finds what no event told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podlab.agent import repairs
from podlab.agent.judging import is_odd
from podlab.agent.known import AT_ONCE_S, SETTLE_S, Known
from podlab.agent.outage import Outage
from podlab.agent.owner import Nobody, Owner
from podlab.agent.tender import Tender
from podlab.clock import Clock, SystemClock
from podlab.errors import Overtaken, PodlabError, Unavailable, ungrouped
from podlab.workloads.controller import Controller

if TYPE_CHECKING:
    from podlab.agent.exits import ExitPolicy
    from podlab.engines.base import Change, Engine, PodEvent

ROUND_S = 30.0
PLACES = 8
END_S = 10.0
"""For giving restarts back to the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What the agent did: `repaired` a pod by `changes`, or `failed` to, and `message` says why; `started` what was
    next in it; `killed` a container that a probe has condemned; `stopped` a pod that is over by the exit
    policy; `removed` a pod whose lifetime was over; `lost` the engine, or `found` it again."""

    at: datetime
    verb: str
    pod: str = ""
    changes: tuple[Change, ...] = ()
    message: str = ""


class Agent:
    """Keeps the pods of one engine as wanted: all, or those whose names it `tends`; and the workloads, which make pods,
    where it `keeps_workloads`. Several agents on one engine
    only do the work twice. What it knows is in the engine: an agent that comes after it goes on."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock | None = None,
        *,
        owner: Owner | None = None,
        tends: Callable[[str], bool] = lambda name: True,
        keeps_workloads: bool = True,
        exit_policy: ExitPolicy = "all",
        on_action: Callable[[Action], None] = lambda action: None,
    ) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()
        self._owner = owner or Nobody()
        self._tends = tends
        self._on_action = on_action
        self._pods: dict[str, Known] = {}
        self._tended: set[str] = set()
        self._places = asyncio.Semaphore(PLACES)
        self._group = asyncio.TaskGroup()
        self._outage = Outage(
            engine, self._clock, on_lost=lambda why: self._tell("lost", message=why), on_found=self._found
        )
        self._tender = Tender(
            engine, self._clock, self._owner, exit_policy=exit_policy, wake=self._wake,
            news=lambda name: self._mark(name, 0),
            tell=lambda verb, pod, changes, message: self._tell(verb, pod, changes=tuple(changes), message=message),
        )  # fmt: skip

        self._keeps_workloads = keeps_workloads and not engine.has_node
        self._workloads = Controller(engine, self._clock, on_done=self._tell_of_workload)

    async def run(self) -> None:
        """Until cancelled. An engine that does not answer is waited for."""
        try:
            async with self._group:
                self._group.create_task(self._listen())
                self._group.create_task(self._rounds())
                if self._keeps_workloads:
                    self._group.create_task(self._workloads.run())
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await self._end()

    # --- where to look

    async def _listen(self) -> None:
        since: datetime | None = None  # by the engine's clock, which may be another machine's
        while True:
            began = self._clock.now()
            try:
                async for event in self._engine.watch(since=since):
                    self._outage.end()
                    since = event.at
                    self._heed(event)
            except PodlabError as error:
                _heed_cancellation()
                self._outage.begin(error)
            await self._outage.wait(after_s=self._clock.now() - began)
            self._look_at_all()

    def _heed(self, event: PodEvent) -> None:
        self._workloads.notice(event)
        if not self._tends(event.pod):
            return
        known = self._pods.setdefault(event.pod, Known())
        now = self._clock.now()
        known.notice(event, now, is_ours=now < known.repairs_until)
        if known.is_crash(event):
            known.taken.add(event.container)
            self._group.create_task(self._take_over(event.pod, event.container, known))
        self._mark(event.pod, known.settle_s(event, now), rests=not known.is_next_step(event))

    def _look_at_all(self) -> None:
        """Nobody knows what happened meanwhile."""
        for name, known in self._pods.items():
            known.is_excused = True
            self._mark(name, AT_ONCE_S)

    async def _rounds(self) -> None:
        while True:
            try:
                with ungrouped():
                    await self._round()
            except PodlabError as error:
                _heed_cancellation()
                self._outage.begin(error)
            await self._clock.sleep(ROUND_S)

    async def _round(self) -> None:
        """Two cheap requests; only what they show to be new or odd is looked at."""
        found = {status.name: status for status in await self._engine.list() if self._tends(status.name)}
        self._outage.end()
        for name, status in found.items():
            known = self._pods.get(name)
            if known is None or known.spec is None or is_odd(status):
                self._mark(name, 0)
        for name in self._owner.wanted().keys() - found.keys():
            self._mark(name, 0)
        for name in self._pods.keys() - found.keys() - self._tended - self._owner.wanted().keys():
            await self._tender.leave(self._pods.pop(name))
        for name in filter(self._tends, await self._engine.expired()):
            await self._engine.delete(name)
            self._tell("removed", name, message="its lifetime was over")

    def _mark(self, name: str, settle_s: float, *, rests: bool = True) -> None:
        self._pods.setdefault(name, Known()).mark(self._clock.now(), settle_s, rests=rests)
        if name not in self._tended:
            self._tended.add(name)
            self._group.create_task(self._tend(name))

    async def _tend(self, name: str) -> None:
        known = self._pods[name]
        try:
            while known.first_mark is not None:
                while (rest_s := known.due - self._clock.now()) > 0:
                    await self._clock.sleep(rest_s)
                known.first_mark = None
                if self._outage.is_on:  # all are looked at when it is over
                    return
                async with self._places:
                    await self._look(name, known)
        finally:
            self._tended.discard(name)

    # --- what to do

    async def _look(self, name: str, known: Known) -> None:
        try:
            with ungrouped():
                await self._tender.look(name, known)
            known.is_excused = False
        except Overtaken:  # another one is at it: see what has become of it
            known.mark(self._clock.now(), SETTLE_S)
        except PodlabError as error:
            _heed_cancellation()
            if not isinstance(error, Unavailable) or await self._outage.answers():
                await self._failed(name, known, error)
            known.mark(self._clock.now(), SETTLE_S)

    async def _failed(self, name: str, known: Known, error: PodlabError) -> None:
        self._tell("failed", name, message=error.message)
        known.rest(self._clock.now())
        with suppress(PodlabError):
            await repairs.failed(self._engine, name, error.message, self._clock.now())

    async def _take_over(self, pod: str, container: str, known: Known) -> None:
        """At once, for an engine restarts what crashes ten times within the time that a look takes to come."""
        if self._owner.owns(pod):
            return
        with suppress(PodlabError):
            await self._tender.take_over(pod, container, known)

    def _wake(self, name: str, at: float) -> None:
        """Look at the pod then, once."""
        known = self._pods.get(name)
        if known is None or (known.wakes_at is not None and known.wakes_at <= at):
            return
        known.wakes_at = at
        self._group.create_task(self._wait_and_wake(name, known, at))

    async def _wait_and_wake(self, name: str, known: Known, at: float) -> None:
        await self._clock.sleep(max(at - self._clock.now(), 0))
        if known.wakes_at == at:
            known.wakes_at = None
            if self._pods.get(name) is known:
                self._mark(name, 0)

    async def _end(self) -> None:
        """The engine restarts containers again as it did before."""
        for known in self._pods.values():
            keeper = known.keeper
            await self._tender.leave(known)
            if keeper is not None:
                with suppress(PodlabError):
                    await keeper.hand_back()

    # --- what to tell

    def _found(self) -> None:
        self._tell("found", message="the engine answers again")
        for known in self._pods.values():
            known.engine_is_back(self._clock.now())
        self._look_at_all()

    def _tell_of_workload(self, verb: str, workload: str, message: str) -> None:
        self._tell(verb, workload, message=message)

    def _tell(self, verb: str, pod: str = "", *, changes: tuple[Change, ...] = (), message: str = "") -> None:
        at = datetime.fromtimestamp(self._clock.now(), UTC)
        self._on_action(Action(at=at, verb=verb, pod=pod, changes=changes, message=message))


def _heed_cancellation() -> None:
    """An error that comes at the same moment takes a cancellation's place in a task group."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
