"""The loop: events tell where to look, a slow round over all pods finds what no event told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podlab.agent.known import FIRST_PAUSE_S, SETTLE_S, Known, repairable
from podlab.agent.owner import Nobody, Owner
from podlab.clock import Clock, SystemClock
from podlab.errors import Conflict, NotFound, PodlabError, ungrouped
from podlab.status import Phase, PodStatus, State

if TYPE_CHECKING:
    from podlab.engines.base import Change, Engine
    from podlab.model import Pod

ROUND_S = 30.0
AT_ONCE = 4
LONGEST_AWAY_S = 30.0
"""Between two attempts to reach an engine that does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What the agent did: `repaired` a pod by `changes`, or `failed` to, and `message` says why; `removed` one
    whose lifetime was over; `lost` the engine, or `found` it again."""

    at: datetime
    verb: str
    pod: str = ""
    changes: tuple[Change, ...] = ()
    message: str = ""


class Agent:
    """Keeps the pods of one engine as wanted: all, or those whose names it `tends`. Several agents on one engine
    only do the work twice."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock | None = None,
        *,
        owner: Owner | None = None,
        tends: Callable[[str], bool] = lambda name: True,
        on_action: Callable[[Action], None] = lambda action: None,
    ) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()
        self._owner = owner or Nobody()
        self._tends = tends
        self._on_action = on_action
        self._pods: dict[str, Known] = {}
        self._tended: set[str] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._group = asyncio.TaskGroup()
        self._is_away = False

    async def run(self) -> None:
        """Until cancelled. An engine that does not answer is waited for."""
        async with self._group:
            self._group.create_task(self._listen())
            self._group.create_task(self._rounds())

    # --- where to look

    async def _listen(self) -> None:
        pause_s = FIRST_PAUSE_S
        since: datetime | None = None  # by the engine's clock, which may be another machine's
        while True:
            try:
                async for event in self._engine.watch(since=since):
                    self._returned()
                    pause_s, since = FIRST_PAUSE_S, event.at
                    if not self._tends(event.pod):
                        continue
                    self._pods.setdefault(event.pod, Known()).notice(event)
                    self._mark(event.pod, SETTLE_S)
            except PodlabError as error:
                self._away(error)
            await self._clock.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_AWAY_S)
            for name in self._pods:  # nobody knows what happened meanwhile
                self._mark(name, SETTLE_S)

    async def _rounds(self) -> None:
        while True:
            try:
                with ungrouped():
                    await self._round()
            except PodlabError as error:
                self._away(error)
            await self._clock.sleep(ROUND_S)

    async def _round(self) -> None:
        """Two cheap requests; only what they show to be new or odd is looked at."""
        found = {status.name: status for status in await self._engine.list() if self._tends(status.name)}
        self._returned()
        for name, status in found.items():
            known = self._pods.get(name)
            if known is None or known.spec is None or _is_odd(status):
                self._mark(name, 0)
        for name in self._owner.wanted().keys() - found.keys():
            self._mark(name, 0)
        for name in self._pods.keys() - found.keys() - self._tended - self._owner.wanted().keys():
            del self._pods[name]
        for name in filter(self._tends, await self._engine.expired()):
            await self._engine.delete(name)
            self._tell("removed", name, message="its lifetime was over")

    def _mark(self, name: str, settle_s: float) -> None:
        self._pods.setdefault(name, Known()).mark(self._clock.now(), settle_s)
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
                async with self._places:
                    await self._look(name, known)
        finally:
            self._tended.discard(name)

    # --- what to do

    async def _look(self, name: str, known: Known) -> None:
        try:
            wanted = self._owner.wanted().get(name)
            with ungrouped():
                if wanted is not None:
                    await self._repair(name, known, wanted, await self._engine.plan(wanted), set())
                elif not self._owner.owns(name):
                    await self._judge(name, known)
        except PodlabError as error:
            self._tell("failed", name, message=error.message)
            known.rest(self._clock.now())
            known.mark(self._clock.now(), SETTLE_S)

    async def _judge(self, name: str, known: Known) -> None:
        try:
            status = await self._engine.get(name)
            wanted = await self._engine.spec(name)
        except NotFound:
            known.spec = None
            return
        except Conflict:  # it went with the infra container
            if known.spec is None:
                return
            wanted = known.spec
        changes = await self._engine.plan(wanted)
        if not changes:
            known.spec = wanted
            return
        repairs, held = repairable(known, status, changes)
        await self._repair(name, known, wanted, repairs, held)

    async def _repair(
        self, name: str, known: Known, wanted: Pod, changes: list[Change], held: set[str]
    ) -> None:
        if not changes:
            return
        await self._engine.apply(wanted, hold=held)
        known.rest(self._clock.now())
        self._tell("repaired", name, changes=tuple(changes))

    # --- what to tell

    def _away(self, error: PodlabError) -> None:
        if not self._is_away:
            self._is_away = True
            self._tell("lost", message=error.message)

    def _returned(self) -> None:
        if self._is_away:
            self._is_away = False
            self._tell("found", message="the engine answers again")

    def _tell(self, verb: str, pod: str = "", *, changes: tuple[Change, ...] = (), message: str = "") -> None:
        at = datetime.fromtimestamp(self._clock.now(), UTC)
        self._on_action(Action(at=at, verb=verb, pod=pod, changes=changes, message=message))


def _is_odd(status: PodStatus) -> bool:
    """Whether the cheap listing shows a pod that may need a repair."""
    return (
        status.phase is not Phase.RUNNING
        or status.running < status.wanted
        or any(c.reason == "Stale" or c.state is State.TERMINATED for c in status.containers)
    )
