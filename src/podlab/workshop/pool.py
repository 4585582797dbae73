"""The seats of one workshop: some wait warm, and whoever claims one has it at once.

Memory decides and the store lasts: a call returns when what it changed is on the disk, and a pool that is killed at
any instant goes on from there. Pods are made, replaced and removed behind, by one task for each seat.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from podlab.clock import Clock, SystemClock
from podlab.errors import Conflict, Invalid, PodlabError
from podlab.workshop import codes, tables
from podlab.workshop.events import Broadcast, SeatEndsSoon, Trouble
from podlab.workshop.lifetime import next_look, warning
from podlab.workshop.making import SEAT, Maker
from podlab.workshop.roster import Roster
from podlab.workshop.seat import PersonId, Seat, SeatId, State

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop
    from podlab.model import Pod
    from podlab.status import PodStatus
    from podlab.workshop.store import Store, Work

DEFAULT_COUNT, DEFAULT_WARM = 30, 3
LONGEST_TICK_S = 5.0
"""Between two looks at who ends: a time that was given since is noticed by then."""
FIRST_PAUSE_S, LAST_PAUSE_S = 5.0, 300.0
"""Before a broken seat is tried again; it doubles."""


class Pool:
    """`async with Pool(…) as pool`. Leaving it leaves seats and pods as they are, for the next one.

    It is an `agent.Owner`: an agent beside it repairs the pods of its seats.
    """

    def __init__(
        self,
        engine: Engine,
        workshop: Workshop,
        store: Store,
        clock: Clock | None = None,
        *,
        count: int | None = None,
        warm: int | None = None,
        broadcast: Broadcast | None = None,
        before_end: Callable[[Seat], Awaitable[None]] | None = None,
    ) -> None:
        """`count` seats at most are not ended, `warm` of them free; otherwise as the workshop says. `before_end` is
        waited for before the pod of somebody's seat is removed for good; what it fails at is told, and no more."""
        seats = workshop.spec.seats
        self.count = count or (seats and seats.count) or DEFAULT_COUNT
        asked = warm if warm is not None else seats.warm if seats else None
        self.warm = min(self.count, DEFAULT_WARM if asked is None else asked)
        self.broadcast = broadcast or Broadcast()
        self.identity: tables.Identity
        """Known once it is entered."""
        self._engine, self._workshop, self._store = engine, workshop, store
        self._before_end = before_end
        self.clock = clock or SystemClock()
        self._roster = Roster(store, self.clock, self.broadcast)
        self._maker: Maker
        self._first_id = 1
        self._tasks: dict[SeatId, asyncio.Task[None]] = {}
        self._warned: dict[SeatId, float] = {}
        self._lacking = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Take up what the store and the engine have of this workshop.

        `Conflict` where the store is another workshop's, or the engine has seats that stand in another store.
        """
        name, pool, now = self._workshop.metadata.name, secrets.token_hex(8), self.clock.now()
        self.identity = await self._store.call(
            lambda db: tables.identity(db, name, pool=pool, salt=codes.new_salt(), now=now)
        )
        self._maker = Maker(self._engine, self._workshop, self.identity.pool)
        await self._maker.refuse_others()
        found = await self._maker.found()
        self._first_id = 1 + max((int(s.labels.get(SEAT, 0)) for s in found.values()), default=0)
        await self._roster.load()
        await self._group.__aenter__()
        try:
            await self._take_up(found)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        self._loops = [self._group.create_task(each) for each in (self._refill(), self._keep_time())]
        self._lacking.set()
        return self

    async def _take_up(self, found: Mapping[str, PodStatus]) -> None:
        """Go on where the last pool stood: what was under way is done again, what is gone is made anew."""
        for seat in self.seats:
            there = found.get(seat.pod)
            is_gone = there is None
            is_unfit = there is None or there.running < there.wanted
            if (seat.state is State.CLAIMED and is_gone) or (seat.state is State.WARM and is_unfit):
                await self._change(replace(seat, state=State.RESETTING))
            elif not seat.is_ready and not (seat.state is State.ENDED and is_gone):
                self._work(seat.id)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        for task in [*self._loops, *self._tasks.values()]:
            task.cancel()
        if isinstance(error, asyncio.CancelledError):
            await self._group.__aexit__(kind, error, None)
        else:  # an error of the body would come out in a group
            await self._group.__aexit__(None, None, None)

    # --- looking

    @property
    def seats(self) -> Sequence[Seat]:
        """All there ever were, by number."""
        return self._roster.seats

    def seat(self, id: SeatId) -> Seat:
        """`NotFound` where there never was one of this number."""
        return self._roster.get(id)

    def seat_of(self, person: PersonId) -> Seat | None:
        """Also one that has ended."""
        return self._roster.of(person)

    @property
    def is_busy(self) -> bool:
        """Whether a pod is being made or removed, or waits for its turn."""
        return bool(self._tasks)

    async def filled(self) -> None:
        """Until as many seats are ready as are to be, or cannot be made for now."""
        with self.broadcast.watch() as watcher:
            events = aiter(watcher)
            while not self._is_filled:
                await anext(events)

    @property
    def _is_filled(self) -> bool:
        if any(seat.state in (State.MAKING, State.RESETTING) for seat in self.seats):
            return False
        return sum(seat.is_free for seat in self.seats) >= self.warm or self._roster.living >= self.count

    async def settled(self) -> None:
        """Until no pod is being made or removed any more."""
        while self._tasks:
            await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)

    async def at_rest(self, id: SeatId) -> None:
        """Until nothing is being done about this seat's pod."""
        while task := self._tasks.get(id):
            await asyncio.wait([task])

    def is_at(self, id: SeatId) -> bool:
        """Whether something is being done about this seat's pod."""
        return id in self._tasks

    def owns(self, name: str) -> bool:
        return self._roster.has_pod(name)

    def wanted(self) -> Mapping[str, Pod]:
        return {seat.pod: self._maker.pod(seat) for seat in self.seats if seat.is_ready}

    # --- what people ask for

    async def claim(self, person: PersonId, name: str = "") -> Seat:
        """The person's seat, theirs from now on: the one they have, else a warm one, else one that is not ready
        yet, whose coming `broadcast` tells. No request to the engine is waited for.

        `Conflict` when the workshop is full, and for somebody whose seat has ended.
        """
        mine = self.seat_of(person)
        if mine is None:
            free = self._free()
            given = self._ready(replace(free, person=person, name=name, claimed_at=self.clock.now()))
            return await self._change(
                given, audit=f"seat {free.id} claimed by {name or 'somebody'}", by="attendee"
            )
        await self._store.call(lambda db: None)  # who asks twice at once hears of it when it is on the disk
        if mine.state is State.ENDED:
            raise Conflict(f"seat {mine.id} has ended", subject=mine.pod, hint="ask your trainer for another")
        return mine

    async def reset(self, id: SeatId, *, by: str = "trainer") -> Seat:
        """A pristine pod; the seat stays whose it is, with its progress. One that has ended lives again, for
        a whole lifetime."""
        seat = self.seat(id)
        if seat.state is State.ENDED:
            self._refuse_when_full()
            seat = replace(seat, ends_at=None)
        return await self._change(
            replace(seat, state=State.RESETTING, problem=""), audit=f"seat {id} reset", by=by, anew=True
        )

    async def extend(self, id: SeatId, seconds: float, *, by: str = "trainer") -> Seat:
        """Later by so much. `Conflict` for a seat that has ended or has no end."""
        seat = self.seat(id)
        if seconds <= 0:
            raise Invalid("a seat is extended by more than 0 seconds", subject=seat.pod)
        if seat.state is State.ENDED or seat.ends_at is None:
            why = "has ended; reset it" if seat.state is State.ENDED else "has no end"
            raise Conflict(f"seat {id} {why}", subject=seat.pod)
        self._warned.pop(id, None)
        later = replace(seat, ends_at=max(seat.ends_at, self.clock.now()) + seconds)
        return await self._change(later, audit=f"seat {id} extended by {seconds:g} s", by=by)

    async def end(self, id: SeatId, *, by: str = "trainer") -> Seat:
        """Its pod goes; whose it was and their progress stay known. Ending twice is no error."""
        seat = self.seat(id)
        if seat.state is State.ENDED:
            return seat
        return await self._change(
            replace(seat, state=State.ENDED, problem=""), audit=f"seat {id} ended", by=by
        )

    async def end_all(self, *, by: str = "trainer") -> None:
        """Every seat; returns when their pods are gone. No seat is made from now on."""
        self.resize(count=0, warm=0)
        for seat in self.seats:
            await self.end(seat.id, by=by)
        await self.settled()

    async def reassign(self, id: SeatId, *, by: str = "trainer") -> Seat:
        """Another seat for the same person, with their progress and the rest of their time; the old one ends."""
        old = self.seat(id)
        if old.person is None or old.state is State.ENDED:
            raise Conflict(f"seat {id} is nobody's", subject=old.pod)
        free = self._free()
        new = self._ready(
            replace(free, person=old.person, name=old.name, claimed_at=old.claimed_at, ends_at=old.ends_at)
        )
        left = replace(old, person=None, name="", claimed_at=None, state=State.ENDED, problem="")
        return await self._change(
            left, new, also=lambda db: tables.move_progress(db, old.id, new.id),
            audit=f"seat {id} exchanged for {new.id}", by=by,
        )  # fmt: skip

    async def rename(self, id: SeatId, person: PersonId, *, by: str = "trainer") -> Seat:
        """The same person, known by another code from now on. `Conflict` for a seat that nobody has."""
        seat = self.seat(id)
        old = seat.person
        if old is None:
            raise Conflict(f"seat {id} is nobody's", subject=seat.pod)
        return await self._change(
            replace(seat, person=person), also=lambda db: tables.drop_code(db, old),
            audit=f"seat {id} has another code", by=by,
        )  # fmt: skip

    def resize(self, *, count: int | None = None, warm: int | None = None) -> None:
        """From now on. Seats that are there stay, also when they are too many."""
        self.count = self.count if count is None else count
        self.warm = self.warm if warm is None else warm
        self._lacking.set()

    # --- deciding

    def _free(self) -> Seat:
        """The best seat that nobody has; a new one where the pool lags behind."""
        order = {State.WARM: 0, State.MAKING: 1, State.RESETTING: 2, State.BROKEN: 3}
        free = [s for s in self.seats if s.is_free]
        if free:
            return min(free, key=lambda s: (order[s.state], s.id))
        self._refuse_when_full()
        return self._new()

    def _refuse_when_full(self) -> None:
        if self._roster.living >= self.count:
            raise Conflict(
                f"the workshop is full: all {self.count} seats are taken",
                subject=self._workshop.metadata.name, hint="ask your trainer",
            )  # fmt: skip

    def _new(self) -> Seat:
        id = SeatId(max([self._first_id, *(s.id + 1 for s in self.seats)]))
        now = self.clock.now()
        return Seat(id=id, pod=self._maker.pod_name(id), state=State.MAKING, created_at=now)

    def _ready(self, seat: Seat, *, is_made: bool = False) -> Seat:
        """Warm or claimed, where its pod is there. A person's time begins when they can begin."""
        if not (is_made or seat.is_ready):
            return seat
        if seat.person is None:
            return replace(seat, state=State.WARM)
        ends_at, lifetime_s = seat.ends_at, self._maker.lifetime_s
        if ends_at is None and lifetime_s is not None:
            ends_at = self.clock.now() + lifetime_s
        return replace(seat, state=State.CLAIMED, ends_at=ends_at)

    async def _change(
        self,
        *seats: Seat,
        also: Work[object] | None = None,
        audit: str = "",
        by: str = "pool",
        anew: bool = False,
    ) -> Seat:
        """The last one, on the disk. Work begins for those that came into a state that needs it; with `anew`
        also where it was under way."""
        before = [self._roster.find(seat.id) for seat in seats]
        written = self._roster.change(*seats, also=also, audit=audit, by=by)
        for seat, old in zip(seats, before, strict=True):
            if not seat.is_ready and (anew or old is None or old.state is not seat.state):
                self._work(seat.id)
        self._lacking.set()
        await asyncio.shield(written)
        return seats[-1]

    # --- behind

    def _work(self, id: SeatId) -> None:
        """What the seat's state asks for is done by one task; what it was at before is given up."""
        before = self._tasks.get(id)
        if before is not None:
            before.cancel()
        self._tasks[id] = self._group.create_task(self._drive(id, before))

    async def _drive(self, id: SeatId, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await _ended(before)
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._store.call(lambda db: None)  # nothing is done for what is not on the disk yet
                if await self._advance(id):
                    break
            except PodlabError as error:
                self.broadcast.tell(Trouble(error.message))
            await self.clock.sleep(pause_s)
            pause_s = min(pause_s * 2, LAST_PAUSE_S)
        if self._tasks.get(id) is asyncio.current_task():
            del self._tasks[id]

    async def _advance(self, id: SeatId) -> bool:
        """One attempt. Whether the seat is at rest."""
        seat = self._roster.find(id)
        if seat is None or seat.is_ready:
            return True
        if seat.state is State.ENDED:
            await self._take_leave(seat)
            await self._maker.remove(seat)
            return True
        if seat.state is State.BROKEN:
            seat = replace(seat, state=State.RESETTING, problem="")
            await asyncio.shield(self._roster.change(seat))
        try:
            await self._maker.make(seat, pristine=seat.state is State.RESETTING)
        except PodlabError as error:
            failed = replace(self._roster.get(id), state=State.BROKEN, problem=error.message)
            await asyncio.shield(self._roster.change(failed))
            return False
        made = self._ready(self._roster.get(id), is_made=True)  # somebody may have claimed it meanwhile
        await asyncio.shield(self._roster.change(made))
        self._lacking.set()
        return True

    async def _take_leave(self, seat: Seat) -> None:
        if seat.person is None or self._before_end is None:
            return
        try:
            await self._before_end(seat)
        except PodlabError as error:
            self.broadcast.tell(Trouble(error.message))

    async def _refill(self) -> None:
        while True:
            await self._lacking.wait()
            self._lacking.clear()
            try:
                while sum(s.is_free for s in self.seats) < self.warm and self._roster.living < self.count:
                    await self._change(self._new())
            except PodlabError as error:
                self.broadcast.tell(Trouble(error.message))
                await self.clock.sleep(FIRST_PAUSE_S)
                self._lacking.set()

    async def _keep_time(self) -> None:
        while True:
            try:
                wait_s = await self._look_at_times()
            except PodlabError as error:
                self.broadcast.tell(Trouble(error.message))
                wait_s = LONGEST_TICK_S
            await self.clock.sleep(wait_s)

    async def _look_at_times(self) -> float:
        """Warn and end whose time it is; seconds until the next look."""
        soonest = LONGEST_TICK_S
        for seat in self.seats:
            if seat.ends_at is None or seat.state is State.ENDED:
                continue
            left_s = seat.ends_at - self.clock.now()
            if left_s <= 0:
                await self.end(seat.id, by="pool")
                continue
            lifetime_s = seat.ends_at - (seat.claimed_at or seat.created_at)
            if due := warning(left_s, self._warned.get(seat.id), lifetime_s):
                self._warned[seat.id] = due
                self.broadcast.tell(SeatEndsSoon(seat, left_s))
            soonest = min(soonest, next_look(left_s, self._warned.get(seat.id)))
        return soonest


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait until it has, also when cancelled meanwhile: what it undoes must not meet what comes next."""
    was_cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            was_cancelled = True
    if was_cancelled:
        raise asyncio.CancelledError
