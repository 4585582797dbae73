"""Seats come, are claimed, end, and are taken up again, on the fake engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from podlab.errors import Conflict, Invalid, NotFound, Unavailable
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.testing.fake import FakeEngine
from podlab.workshop import tables
from podlab.workshop.events import Broadcast, Event, SeatChanged, SeatEndsSoon, Trouble, Watcher
from podlab.workshop.making import POOL, SEAT, WORKSHOP
from podlab.workshop.pool import FIRST_PAUSE_S, Pool
from podlab.workshop.seat import PersonId, SeatId, State
from podlab.workshop.store import Store, opened
from tests.clock import ManualClock
from tests.workshop.conftest import passes, quiet, workshop_of

FAILING_DISK = "CREATE TEMP TRIGGER fail BEFORE INSERT ON seat BEGIN SELECT RAISE(ABORT, 'disk full'); END"
ANN, BOB, EVE = PersonId("ann"), PersonId("bob"), PersonId("eve")


def states(pool: Pool) -> str:
    """`1 claimed, 2 warm`."""
    return ", ".join(f"{seat.id} {seat.state}" for seat in pool.seats)


def told(watcher: Watcher) -> list[Event]:
    """What it has not read yet."""
    return list(watcher._queue)


async def test_warm_seats_come_and_are_isolated_pods_with_labels(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=2), store, clock) as pool:
        await quiet(pool)
        assert states(pool) == "1 warm, 2 warm"
        first = (await engine.list())[0]
        assert first.name == "lab-01"
        assert first.labels == {WORKSHOP: "lab", SEAT: "1", POOL: pool.identity.pool}
        assert first.annotations["podlab.io/isolated"] == "true"
        assert first.ends_at is None  # nobody has it, so nobody's time runs


async def test_a_claim_takes_a_warm_seat_and_the_pool_refills(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=2), store, clock) as pool:
        await quiet(pool)
        seat = await pool.claim(ANN, "Ann")
        assert (seat.id, seat.state, seat.name) == (1, State.CLAIMED, "Ann")
        assert seat.ends_at == clock.now() + 3600
        await quiet(pool)
        assert states(pool) == "1 claimed, 2 warm, 3 warm"


async def test_a_claim_asks_nothing_of_the_engine(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=2), store, clock) as pool:
        await quiet(pool)
        engine.failure = Unavailable("the engine does not answer")
        assert (await pool.claim(ANN)).state is State.CLAIMED


async def test_one_person_has_one_seat_however_often_they_come(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=3), store, clock) as pool:
        await quiet(pool)
        seats = await asyncio.gather(*(pool.claim(ANN) for _ in range(10)))
        assert {seat.id for seat in seats} == {1}


async def test_whoever_comes_when_none_is_warm_gets_one_that_is_coming(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=3, warm=0), store, clock) as pool:
        seat = await pool.claim(ANN)
        assert (seat.state, seat.ends_at) == (State.MAKING, None)
        await quiet(pool)
        seat = pool.seat(seat.id)
        assert (seat.state, seat.person, seat.ends_at) == (State.CLAIMED, ANN, clock.now() + 3600)


async def test_a_seat_claimed_while_its_pod_is_made_is_the_person_s_when_it_is_ready(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=3, warm=1), store, clock) as pool:
        while not await engine.list():
            pass
        assert states(pool) == "1 making"
        assert (await pool.claim(ANN)).state is State.MAKING
        await quiet(pool)
        assert (pool.seat(SeatId(1)).state, pool.seat(SeatId(1)).person) == (State.CLAIMED, ANN)


async def test_a_full_workshop_says_so_and_an_ended_seat_makes_room(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=2, warm=2), store, clock) as pool:
        await pool.claim(ANN)
        await pool.claim(BOB)
        with pytest.raises(Conflict, match="full: all 2 seats"):
            await pool.claim(EVE)
        await pool.end(SeatId(1))
        assert (await pool.claim(EVE)).id == 3
        with pytest.raises(Conflict, match="seat 1 has ended"):
            await pool.claim(ANN)
        await quiet(pool)
        assert [status.name for status in await engine.list()] == ["lab-02", "lab-03"]


async def test_a_reset_gives_a_pristine_pod_and_keeps_person_time_and_progress(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=1), store, clock) as pool:
        await quiet(pool)
        before = await pool.claim(ANN)
        await store.call(lambda db: tables.record(db, before.id, "01", "passed", 1.0, keep=()))
        old = (await engine.get("lab-01")).container("work")
        clock_before = before.ends_at
        assert (await pool.reset(before.id)).state is State.RESETTING
        assert "lab-01" not in pool.wanted()
        await quiet(pool)
        after = pool.seat(before.id)
        new = (await engine.get("lab-01")).container("work")
        assert old and new and old.container_id != new.container_id
        assert (after.state, after.person, after.ends_at) == (State.CLAIMED, ANN, clock_before)
        assert [item.item for item in await store.call(lambda db: tables.items(db, before.id))] == ["01"]


async def test_a_seat_that_ended_lives_again_by_a_reset(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=1), store, clock) as pool:
        await quiet(pool)
        seat = await pool.claim(ANN)
        await passes(pool, 4000)
        assert pool.seat(seat.id).state is State.ENDED
        await pool.reset(seat.id)
        await quiet(pool)
        assert pool.seat(seat.id).ends_at == clock.now() + 3600
        assert (await pool.claim(ANN)).state is State.CLAIMED


async def test_who_is_moved_keeps_progress_and_time_and_the_old_seat_ends(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=5, warm=2), store, clock) as pool:
        await quiet(pool)
        old = await pool.claim(ANN, "Ann")
        await store.call(lambda db: tables.record(db, old.id, "01", "passed", 1.0, keep=()))
        await passes(pool, 60)
        new = await pool.reassign(old.id)
        assert (new.id, new.person, new.name, new.ends_at) == (2, ANN, "Ann", old.ends_at)
        assert (await pool.claim(ANN)).id == 2
        assert [item.seat for item in await store.call(tables.items)] == [2]
        await quiet(pool)
        assert states(pool) == "1 ended, 2 claimed, 3 warm, 4 warm"
        with pytest.raises(Conflict, match="nobody's"):
            await pool.reassign(SeatId(3))


async def test_a_lifetime_is_warned_about_and_ends(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    broadcast = Broadcast()
    async with Pool(engine, workshop_of(count=5, warm=1), store, clock, broadcast=broadcast) as pool:
        await quiet(pool)
        seat = await pool.claim(ANN)
        with broadcast.watch() as watcher:
            await passes(pool, 3000)
            assert [round(e.left_s) for e in told(watcher) if isinstance(e, SeatEndsSoon)] == [600]
        with broadcast.watch() as watcher:
            await passes(pool, 599)
            assert [round(e.left_s) for e in told(watcher) if isinstance(e, SeatEndsSoon)] == [120]
        assert pool.seat(seat.id).state is State.CLAIMED
        await passes(pool, 1)
        assert pool.seat(seat.id).state is State.ENDED
        with pytest.raises(NotFound):
            await engine.get(seat.pod)


async def test_an_extended_seat_ends_later_and_is_warned_again(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    broadcast = Broadcast()
    async with Pool(engine, workshop_of(count=5, warm=1), store, clock, broadcast=broadcast) as pool:
        await quiet(pool)
        seat = await pool.claim(ANN)
        await passes(pool, 3590)
        assert (await pool.extend(seat.id, 1200)).ends_at == seat.ends_at + 1200  # type: ignore[operator]
        with broadcast.watch() as watcher:
            await passes(pool, 1000)
            assert sum(isinstance(e, SeatEndsSoon) for e in told(watcher)) == 1
        assert pool.seat(seat.id).state is State.CLAIMED
        await passes(pool, 300)
        with pytest.raises(Conflict, match="has ended"):
            await pool.extend(seat.id, 60)
        with pytest.raises(Invalid):
            await pool.extend(seat.id, 0)


async def test_a_seat_that_cannot_be_made_is_broken_and_tried_again(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    engine.images.clear()
    async with Pool(engine, workshop_of(count=5, warm=1), store, clock) as pool:
        await quiet(pool)
        assert states(pool) == "1 broken"  # and no second one instead
        assert "no image 'busybox'" in pool.seats[0].problem
        seat = await pool.claim(ANN)
        assert seat.state is State.BROKEN
        engine.images.add("busybox")
        await passes(pool, FIRST_PAUSE_S)
        assert (pool.seat(seat.id).state, pool.seat(seat.id).problem) == (State.CLAIMED, "")


async def test_a_pod_of_that_name_that_is_somebody_elses_is_left_alone(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    app = Container(name="app", image="busybox", command=("sleep", "100"))
    await engine.apply(Pod(metadata=Metadata(name="lab-01"), spec=PodSpec(containers=(app,))))
    async with Pool(engine, workshop_of(count=5, warm=1), store, clock) as pool:
        await quiet(pool)
        assert "no seat of this workshop" in pool.seat(SeatId(1)).problem
        await pool.end(SeatId(1))
        await quiet(pool)
        assert (await engine.get("lab-01")).container("app")
        assert (await engine.get("lab-02")).labels[SEAT] == "2"


async def test_the_next_pool_takes_up_where_the_last_one_stood(
    engine: FakeEngine, path: Path, clock: ManualClock
) -> None:
    workshop = workshop_of(count=6, warm=2)
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        await quiet(pool)
        ann = await pool.claim(ANN, "Ann")
        await pool.claim(BOB)
        await quiet(pool)
        before = {status.name: status.created_at for status in await engine.list()}
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        await quiet(pool)
        assert states(pool) == "1 claimed, 2 claimed, 3 warm, 4 warm"
        assert await pool.claim(ANN) == ann
        assert {status.name: status.created_at for status in await engine.list()} == before


async def test_a_pool_that_was_killed_in_the_middle_of_everything_goes_on(
    engine: FakeEngine, path: Path, clock: ManualClock
) -> None:
    workshop = workshop_of(count=6, warm=2)
    async with opened(path) as store, Pool(engine, workshop, store, clock, count=6, warm=5) as pool:
        await quiet(pool)
        await pool.claim(ANN, "Ann")
        await pool.claim(BOB, "Bob")
        await quiet(pool)
        seats = {seat.id: seat for seat in pool.seats}
    pods = {status.name: status.containers[0].container_id for status in await engine.list()}
    async with opened(path) as store:  # what SIGKILL leaves: the store ahead of the engine, and half a pod
        for id, state in {1: State.RESETTING, 3: State.MAKING, 4: State.ENDED, 5: State.MAKING}.items():
            seat = replace(seats[SeatId(id)], state=state)
            await store.call(lambda db, seat=seat: tables.save(db, seat, 0.0))  # type: ignore[misc]
    await engine.delete("lab-05", grace_s=0)
    engine._pods["lab-06"].containers.clear()
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        await quiet(pool)
        assert states(pool) == "1 claimed, 2 claimed, 3 warm, 4 ended, 5 warm, 6 warm"
        assert (await pool.claim(ANN)).name == "Ann"
        after = {status.name: status.containers[0].container_id for status in await engine.list()}
    same = {name for name in after if after[name] == pods[name]}
    assert (sorted(after), sorted(same)) == (
        ["lab-01", "lab-02", "lab-03", "lab-05", "lab-06"], ["lab-02", "lab-03"],
    )  # fmt: skip


async def test_pods_that_went_while_nobody_served_come_again(
    engine: FakeEngine, path: Path, clock: ManualClock
) -> None:
    workshop = workshop_of(count=6, warm=2)
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        await quiet(pool)
        await pool.claim(ANN)
        await quiet(pool)
    await engine.delete("lab-01", grace_s=0)
    await engine.delete("lab-02", grace_s=0)
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        await quiet(pool)
        assert states(pool) == "1 claimed, 2 warm, 3 warm"
        assert [status.name for status in await engine.list()] == ["lab-01", "lab-02", "lab-03"]


async def test_seats_of_another_store_are_not_touched(
    engine: FakeEngine, tmp_path: Path, clock: ManualClock
) -> None:
    workshop = workshop_of(count=3, warm=1)
    async with opened(tmp_path / "one") as store, Pool(engine, workshop, store, clock) as pool:
        await quiet(pool)
    async with opened(tmp_path / "two") as store:
        with pytest.raises(Conflict, match="another store: lab-01"):
            async with Pool(engine, workshop, store, clock):
                pass
    async with opened(tmp_path / "one") as store:
        with pytest.raises(Conflict, match="that of workshop 'lab', not of 'other'"):
            async with Pool(engine, workshop_of("other"), store, clock):
                pass


async def test_what_cannot_be_written_did_not_happen(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=3, warm=1), store, clock) as pool:
        await quiet(pool)
        await store.call(lambda db: db.execute(FAILING_DISK))
        with pool.broadcast.watch() as watcher:
            for act in (pool.claim(ANN), pool.end(SeatId(1)), pool.reset(SeatId(1))):
                with pytest.raises(Unavailable, match="cannot use the store"):
                    await act
            await quiet(pool)
            assert states(pool) == "1 warm"
            assert pool.seat_of(ANN) is None
            assert not [e for e in told(watcher) if isinstance(e, SeatChanged)]
        await store.call(lambda db: db.execute("DROP TRIGGER fail"))
        assert (await pool.claim(ANN)).state is State.CLAIMED
        assert (await engine.get("lab-01")).running == 1


async def test_a_caller_that_goes_away_leaves_no_seat_half_changed(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=3, warm=0), store, clock) as pool:
        claim = asyncio.create_task(pool.claim(ANN))
        await asyncio.sleep(0)
        claim.cancel()
        await quiet(pool)
        assert states(pool) == "1 claimed"
        assert [seat.person for seat in await store.call(tables.seats)] == [ANN]


async def test_an_engine_that_does_not_remove_is_told_and_asked_again(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=1, warm=1), store, clock) as pool:
        await quiet(pool)
        await pool.claim(ANN)
        engine.failure = Unavailable("the engine does not answer")
        with pool.broadcast.watch() as watcher:
            await pool.end(SeatId(1))
            await quiet(pool)
            assert Trouble("the engine does not answer") in told(watcher)
        engine.failure = None
        await passes(pool, FIRST_PAUSE_S)
        assert "lab-01" not in [status.name for status in await engine.list()]


async def test_thirty_people_at_once_get_thirty_seats(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(count=30, warm=3), store, clock) as pool:
        await quiet(pool)
        seats = await asyncio.gather(*(pool.claim(PersonId(f"p{n}")) for n in range(30)))
        assert sorted(seat.id for seat in seats) == list(range(1, 31))
        await quiet(pool)
        assert {seat.state for seat in pool.seats} == {State.CLAIMED}


async def test_a_name_too_long_for_its_pods_is_refused(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    with pytest.raises(Invalid, match="too long"):
        async with Pool(engine, workshop_of("l" * 60), store, clock):
            pass
