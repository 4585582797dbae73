"""One pod's life: look, decide, act. `podlab up` keeps a pod until it is ready, the agent for ever.

The pure part is `node.decide`; here it meets an engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from podlab.clock import Clock, LoopClock
from podlab.errors import NotFound, Overtaken, PodlabError
from podlab.node import order, tracker
from podlab.node.conditions import CRASH_LOOP
from podlab.node.decide import Decision, News, decide
from podlab.node.tracker import Kind
from podlab.node.watching import Watch
from podlab.record import Record
from podlab.status import PodStatus, State, Termination

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import Pod

EVERY_PROBE = frozenset(Kind)


@dataclass(slots=True)
class _Watched:
    watch: Watch
    task: asyncio.Task[None]


class Keeper:
    """Leave its `async with` to end the watching. `on_news`: a probe or a hook has found something, so look again."""

    def __init__(
        self,
        engine: Engine,
        pod: Pod,
        *,
        clock: Clock | None = None,
        kinds: AbstractSet[Kind] = EVERY_PROBE,
        restarts: bool = False,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        self.pod = pod
        self._engine = engine
        self._clock = clock or LoopClock()
        self._kinds = kinds
        self._restarts = restarts
        self._on_news = on_news
        self._watched: dict[str, _Watched] = {}
        self._turn: frozenset[str] = frozenset()
        self._kills: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        tasks = [*(each.task for each in self._watched.values()), *self._kills.values()]
        self._watched.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def look(
        self,
        status: PodStatus,
        *,
        stopped: Collection[str] = (),
        excused: Collection[str] = (),
        unexplained: Collection[str] = (),
        ends: Mapping[str, Termination] = MappingProxyType({}),
    ) -> Decision:
        """Decide, remember, and kill what is condemned. `Overtaken` where somebody else wrote meanwhile: look again.

        What is to be started is left to `engine.apply`, with `hold`.
        """
        record = await self._engine.record(self.pod.name) or Record()
        decision = decide(
            self.pod, status, record, self._news(), now=self._clock.now(), restarts=self._restarts,
            stopped=stopped, excused=excused, unexplained=unexplained, ends=ends,
        )  # fmt: skip
        if not decision.record.says_the_same(record):
            await self._engine.write_record(self.pod.name, decision.record, based_on=record.generation)
        for name in decision.take_over:
            await self._engine.restarts(self.pod.name, name, by="agent")
        self._follow(status, decision.record)
        kill = {name: grace_s for name, grace_s in decision.kill.items() if name not in self._kills}
        for name, grace_s in kill.items():  # may take the whole grace period; the end is an event
            self._kills[name] = asyncio.create_task(self._kill(name, grace_s))
        return replace(decision, kill=kill)

    async def advance(self, status: PodStatus) -> bool:
        """A step towards being ready, with the engine's own restarts; whether anything was done."""
        try:
            decision = await self.look(status)
        except Overtaken:
            return True
        turn = turn_of(self.pod, status, decision.record)
        has_moved, self._turn = turn != self._turn, turn
        if not (has_moved or is_due(self.pod, status, decision.record)):
            return False
        try:
            await self._engine.apply(self.pod, based_on=self.pod)
        except Overtaken:
            self.pod = await self._engine.spec(self.pod.name)
        return True

    async def hand_back(self) -> None:
        """Let the engine restart what it did before an agent came; what is held back starts at once. Where restarts are
        clean the engine has no part in them."""
        record = await self._engine.record(self.pod.name)
        taken = [c for c in record.containers if c.by_agent] if record else []
        if record is None or not taken or self.pod.restarts_clean:
            return
        new = record
        for container in taken:
            new = new.with_container(replace(container, by_agent=False, not_before=None))
        await self._engine.write_record(self.pod.name, new, based_on=record.generation)
        for container in taken:
            with suppress(NotFound):
                await self._engine.restarts(self.pod.name, container.name, by="engine")
                if container.not_before is not None:
                    await self._engine.start(self.pod.name, container.name)

    async def remember(self, status: PodStatus) -> None:
        """What was found, at the end. Where somebody else is at it, they do."""
        with suppress(Overtaken, NotFound):
            await self.look(status)

    async def _kill(self, name: str, grace_s: int | None) -> None:
        try:
            with suppress(PodlabError):  # what is still there is found condemned again
                await self._engine.stop(self.pod.name, name, grace_s=grace_s)
        finally:
            self._kills.pop(name, None)

    def _news(self) -> dict[str, News]:
        return {
            name: each.watch.news
            for name, each in self._watched.items()
            if each.watch.news != News(run=each.watch.news.run)
        }

    def _follow(self, status: PodStatus, record: Record) -> None:
        """Watch the runs that are, and no others."""
        for found in status.containers:
            wanted = self.pod.container(found.name)
            old = self._watched.get(found.name)
            if old and (old.watch.news.run != found.run or found.state is not State.RUNNING):
                old.task.cancel()
                del self._watched[found.name]
                old = None
            if wanted is None or old or found.state is not State.RUNNING or not found.run:
                continue
            known = record.of(found.name)
            has_gate = order.has_gate(wanted) and not (known.run == found.run and known.started)
            if not has_gate and not self._kinds & tracker.probes_of(wanted).keys() - {Kind.STARTUP}:
                continue
            watch = Watch(
                self._engine, self.pod, wanted, found, known, clock=self._clock, kinds=self._kinds,
                on_news=self._on_news,
            )  # fmt: skip
            self._watched[found.name] = _Watched(watch, asyncio.create_task(_quietly(watch)))


async def _quietly(watch: Watch) -> None:
    """An engine that fails a hook is no news: the next look begins anew."""
    try:
        await watch.run()
    except PodlabError:
        return


def turn_of(pod: Pod, status: PodStatus, record: Record) -> frozenset[str]:
    """Who may run, by what was found."""
    facts = order.facts_of(pod, status, record)
    initialized = record.initialized == order.key(pod, status.sandbox) or order.is_through(pod, facts)
    return order.turn(pod, facts, initialized=initialized, is_over=order.is_over(pod, status))


def is_due(pod: Pod, status: PodStatus, record: Record) -> bool:
    """Whether somebody's turn has come who does not run, or somebody runs whose turn has not."""
    found = {c.name: c for c in status.containers}
    turn = turn_of(pod, status, record)
    for wanted in pod.members:
        c, has_turn = found.get(wanted.name), wanted.name in turn
        if c is None:
            return True
        if c.state is State.RUNNING:
            is_due = not has_turn or c.reason == "Stale"
        elif c.state is State.TERMINATED:
            is_due = has_turn and not order.has_ended(pod, c.name, c.exit_code)
        else:
            is_due = has_turn and c.state is State.WAITING and c.reason != CRASH_LOOP
        if is_due:
            return True
    return False
