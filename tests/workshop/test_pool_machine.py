"""Whatever people, trainers, the engine and SIGKILL do, in any order: nobody loses a seat or gets another's."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from podlab.errors import Conflict, NotFound, Unavailable
from podlab.testing.fake import FakeEngine
from podlab.workshop import tables
from podlab.workshop.events import SeatChanged
from podlab.workshop.making import SEAT
from podlab.workshop.pool import LAST_PAUSE_S, Pool
from podlab.workshop.roster import Roster
from podlab.workshop.seat import MOVES, PersonId, Seat, SeatId, State
from podlab.workshop.store import Store, opened
from tests.clock import ManualClock
from tests.workshop.conftest import quiet, workshop_of

pytestmark = pytest.mark.long

COUNT, WARM = 4, 2
PEOPLE = st.sampled_from([PersonId(name) for name in ("ann", "bob", "cem", "dan", "eve")])
NUMBERS = st.integers(1, 7).map(SeatId)


class PoolMachine(RuleBasedStateMachine):
    """`_owed`: who was told to have which seat. It must hold until a trainer or the clock says otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._runner = asyncio.Runner()
        self._engine = FakeEngine()
        self._clock = ManualClock()
        self._owed: dict[PersonId, SeatId] = {}
        self._last: dict[SeatId, State] = {}

    def _run(self, act: object) -> object:
        async def done() -> object:
            try:
                return await act  # type: ignore[misc]
            finally:
                await quiet(self._pool)

        return self._runner.run(done())

    @initialize()
    def begin(self) -> None:
        self._runner.run(self._serve())

    async def _serve(self) -> None:
        self._stack = AsyncExitStack()
        path = Path(self._folder.name) / "lab.sqlite"
        self._store: Store = await self._stack.enter_async_context(opened(path))
        pool = Pool(self._engine, workshop_of(count=COUNT, warm=WARM), self._store, self._clock)
        self._watcher = self._stack.enter_context(pool.broadcast.watch())
        self._pool = await self._stack.enter_async_context(pool)
        await quiet(self._pool)

    @rule(person=PEOPLE)
    def claims(self, person: PersonId) -> None:
        with suppress(Conflict):
            seat = self._run(self._pool.claim(person, str(person)))
            assert isinstance(seat, Seat)
            assert self._owed.setdefault(person, seat.id) == seat.id

    @rule(people=st.lists(PEOPLE, min_size=2, max_size=6))
    def claim_at_once(self, people: list[PersonId]) -> None:
        async def all_of_them() -> list[object]:
            return await asyncio.gather(*map(self._pool.claim, people), return_exceptions=True)

        results = self._run(all_of_them())
        assert isinstance(results, list)
        for person, result in zip(people, results, strict=True):
            if isinstance(result, Seat):
                assert self._owed.setdefault(person, result.id) == result.id
            else:
                assert isinstance(result, Conflict)

    @rule(id=NUMBERS)
    def resets(self, id: SeatId) -> None:
        with suppress(NotFound, Conflict):
            self._run(self._pool.reset(id))

    @rule(id=NUMBERS)
    def extends(self, id: SeatId) -> None:
        with suppress(NotFound, Conflict):
            self._run(self._pool.extend(id, 600))

    @rule(id=NUMBERS)
    def ends(self, id: SeatId) -> None:
        with suppress(NotFound):
            self._run(self._pool.end(id))

    @rule(id=NUMBERS, person=PEOPLE, turns=st.integers(0, 60), is_reset=st.booleans())
    def comes_while_the_pool_is_at_it(self, id: SeatId, person: PersonId, turns: int, is_reset: bool) -> None:
        async def hurry() -> None:
            with suppress(NotFound, Conflict):
                await (self._pool.reset(id) if is_reset else self._pool.end(id))
            for _ in range(turns):
                await asyncio.sleep(0)
            with suppress(Conflict):
                seat = await self._pool.claim(person)
                assert self._owed.setdefault(person, seat.id) == seat.id

        self._run(hurry())

    @rule(id=NUMBERS)
    def moves(self, id: SeatId) -> None:
        with suppress(NotFound, Conflict):
            person = self._pool.seat(id).person
            new = self._run(self._pool.reassign(id))
            assert isinstance(new, Seat) and person and new.person == person
            self._owed[person] = new.id

    @rule(first=NUMBERS, second=NUMBERS)
    def trainer_clicks_wildly(self, first: SeatId, second: SeatId) -> None:
        async def all_of_it() -> list[object]:
            acts = [
                self._pool.reset(first),
                self._pool.end(second),
                self._pool.reset(first),
                self._pool.end(first),
            ]
            return await asyncio.gather(*acts, return_exceptions=True)

        results = self._run(all_of_it())
        assert isinstance(results, list)
        assert all(isinstance(each, Seat | NotFound | Conflict) for each in results)

    @rule(seconds=st.sampled_from([1.0, 300.0, 1800.0]))
    def time_passes(self, seconds: float) -> None:
        async def passes() -> None:
            await self._clock.pass_(seconds)

        self._run(passes())

    @rule(is_down=st.booleans())
    def engine_goes_and_comes(self, is_down: bool) -> None:
        self._engine.failure = Unavailable("no answer") if is_down else None

    @rule()
    def images_go_and_come(self) -> None:
        self._engine.images ^= {"busybox"}

    @rule(number=st.integers(1, 7))
    def somebody_removes_a_pod(self, number: int) -> None:
        if self._engine.failure is None:
            self._run(self._engine.delete(f"lab-{number:02d}", grace_s=0))

    @rule()
    def is_stopped_and_started(self) -> None:
        self._engine.failure = None
        self._runner.run(self._stack.aclose())
        self._last.clear()
        self._runner.run(self._serve())

    @invariant()
    def everybody_has_what_they_were_told(self) -> None:
        for person, id in self._owed.items():
            seat = self._pool.seat_of(person)
            assert seat is not None and seat.id == id

    @invariant()
    def no_seat_is_anybodys_twice_and_there_are_not_too_many(self) -> None:
        if not hasattr(self, "_pool"):
            return
        living = [s for s in self._pool.seats if s.state is not State.ENDED]
        assert len(living) <= COUNT
        people = [s.person for s in self._pool.seats if s.person is not None]
        assert len(people) == len(set(people))
        assert all(s.person is None for s in living if s.state is State.WARM)
        assert all(s.person is not None for s in living if s.state is State.CLAIMED)

    @invariant()
    def only_legal_moves_were_told(self) -> None:
        if not hasattr(self, "_pool"):
            return
        for event in list(self._watcher._queue):
            if isinstance(event, SeatChanged):
                new, old = event.seat, self._last.get(event.seat.id)
                assert old is None or new.state is old or new.state in MOVES[old]
                self._last[new.id] = new.state
        self._watcher._queue.clear()

    @invariant()
    def the_disk_has_what_memory_has(self) -> None:
        if not hasattr(self, "_pool"):
            return
        assert self._runner.run(self._store.call(tables.seats)) == list(self._pool.seats)

    def teardown(self) -> None:
        """Left alone on an engine that works, every seat comes to rest, and no pod is left of those that ended."""
        if hasattr(self, "_pool"):
            self._engine.failure = None
            self._engine.images |= {"busybox"}
            self._runner.run(self._come_to_rest())
            self._runner.run(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    async def _come_to_rest(self) -> None:
        for _ in range(8):
            await self._clock.pass_(LAST_PAUSE_S / 4)
            await quiet(self._pool)
        assert all(s.is_ready or s.state is State.ENDED for s in self._pool.seats), self._pool.seats
        pods = {int(status.labels[SEAT]) for status in await self._engine.list()}
        # a pod that somebody removed behind our back is the agent's to make again
        assert pods <= {s.id for s in self._pool.seats if s.is_ready}
        assert sum(s.is_free for s in self._pool.seats) >= min(WARM, COUNT - self._claimed())

    def _claimed(self) -> int:
        return sum(s.state is State.CLAIMED for s in self._pool.seats)


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(
    max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


async def test_a_move_that_no_seat_makes_is_refused(store: Store, clock: ManualClock) -> None:
    from podlab.workshop.events import Broadcast

    roster = Roster(store, clock, Broadcast())
    for old in State:
        for new in set(State) - MOVES[old] - {old}:
            seat = Seat(id=SeatId(1), pod="lab-01", state=old, created_at=0.0)  # type: ignore[arg-type]
            roster._seats[seat.id] = seat
            try:
                roster.change(Seat(id=seat.id, pod=seat.pod, state=new, created_at=0.0))
            except Conflict as error:
                assert f"is {old} and cannot be {new}" in error.message
            else:
                raise AssertionError(f"{old} → {new}")
