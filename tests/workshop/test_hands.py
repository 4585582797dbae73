from __future__ import annotations

from podlab.testing.fake import FakeEngine
from podlab.workshop.events import Broadcast, HandChanged
from podlab.workshop.hands import Hands
from podlab.workshop.pool import Pool
from podlab.workshop.seat import PersonId, SeatId
from podlab.workshop.store import Store
from tests.clock import ManualClock
from tests.workshop.conftest import quiet, workshop_of


async def test_a_hand_stays_up_since_it_was_raised_until_it_is_lowered(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    broadcast = Broadcast()
    async with Pool(engine, workshop_of(), store, clock, warm=1) as pool:
        seat = (await pool.claim(PersonId("ann"))).id
        hands = Hands(store, clock, broadcast=broadcast)
        with broadcast.watch() as watcher:
            began = clock.now()
            await hands.set(seat, True)
            await clock.pass_(5)
            await hands.set(seat, True)
            assert await Hands(store).raised() == {seat: began}
            await hands.set(seat, False)
            await hands.set(seat, False)
            assert await hands.raised() == {}
            told = watcher._queue
        assert list(told) == [HandChanged(seat, True), HandChanged(seat, False)]


async def test_a_hand_goes_with_its_person_to_another_seat(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(), store, clock, warm=2) as pool:
        await quiet(pool)
        seat = await pool.claim(PersonId("ann"))
        await Hands(store, clock).set(seat.id, True)
        other = await pool.reassign(seat.id)
        assert list(await Hands(store).raised()) == [other.id]
        assert SeatId(other.id) != seat.id
