"""Codes lead to seats, and wrong ones nowhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from podlab.errors import Conflict, Denied, Invalid, NotFound
from podlab.testing.fake import FakeEngine
from podlab.workshop import admission as rules
from podlab.workshop import tables
from podlab.workshop.admission import Admission
from podlab.workshop.pool import Pool
from podlab.workshop.seat import SeatId, State
from podlab.workshop.store import Store, opened
from tests.clock import ManualClock
from tests.workshop.conftest import quiet, workshop_of

HERE = "10.0.0.1"


@pytest.fixture
async def pool(engine: FakeEngine, store: Store, clock: ManualClock) -> AsyncIterator[Pool]:
    async with Pool(engine, workshop_of(count=5, warm=2), store, clock) as pool:
        await quiet(pool)
        yield pool


@pytest.fixture
def admission(pool: Pool, store: Store, clock: ManualClock) -> Admission:
    return Admission(pool, store, clock)


async def test_a_code_leads_to_one_seat_from_every_device(admission: Admission) -> None:
    ann, bob = await admission.issue(["Ann", ""])
    seat = await admission.enter(ann.code, address=HERE)
    assert (seat.name, seat.state) == ("Ann", State.CLAIMED)
    assert (await admission.enter(ann.code.lower().replace("-", " "), address="10.0.0.2")).id == seat.id
    other = await admission.enter(bob.code, address=HERE, name="  Bob\n\x1b[31m ")
    assert (other.id, other.name) == (2, "Bob [31m")


async def test_codes_are_nowhere_in_the_store(admission: Admission, path: Path) -> None:
    tickets = await admission.issue([""] * 3)
    await admission.enter(tickets[0].code, address=HERE)
    written = path.read_bytes() + Path(f"{path}-wal").read_bytes()
    assert not any(t.code.encode() in written or t.code.replace("-", "").encode() in written for t in tickets)


async def test_wrong_codes_are_refused_and_soon_not_even_looked_at(
    admission: Admission, clock: ManualClock
) -> None:
    (ticket,) = await admission.issue([""])
    for n in range(10):
        with pytest.raises(Denied, match="not known"):
            await admission.enter(f"AAAA-AAA{n}", address=HERE)
    with pytest.raises(Denied, match="too many"):
        await admission.enter(ticket.code, address=HERE)
    assert await admission.enter(ticket.code, address="10.0.0.2")
    await clock.pass_(6)
    assert await admission.enter(ticket.code, address=HERE)
    with pytest.raises(Invalid, match="no code"):
        await admission.enter("…", address=HERE)


async def test_without_codes_a_room_behind_one_address_comes_at_once_and_then_one_by_one(
    admission: Admission, pool: Pool, clock: ManualClock
) -> None:
    pool.resize(count=rules.FREE_SEATS + 2, warm=0)
    for _ in range(rules.FREE_SEATS):
        await admission.join_freely(address=HERE)
    with pytest.raises(Denied, match="too many seats were taken from this address; try again in 6 s"):
        await admission.join_freely(address=HERE)
    assert (await admission.join_freely(address="10.0.0.2"))[0]
    await clock.pass_(6)
    assert (await admission.join_freely(address=HERE))[0]


async def test_with_the_class_code_everybody_gets_a_seat_and_a_code_of_their_own(
    admission: Admission,
) -> None:
    with pytest.raises(Denied):
        await admission.join("docker days", address=HERE)
    with pytest.raises(Invalid, match="6 letters"):
        await admission.set_class_code("abc")
    await admission.set_class_code("Docker Days")
    first, ticket = await admission.join("docker-days", address=HERE, name="Ann")
    second, _ = await admission.join("dockerdays", address=HERE, name="Bob")
    assert first.id != second.id
    assert (await admission.enter(ticket.code, address=HERE)).id == first.id
    with pytest.raises(Denied):
        await admission.enter("docker days", address=HERE)  # it is nobody's own
    await admission.set_class_code(None)
    with pytest.raises(Denied):
        await admission.join("docker days", address=HERE)


async def test_a_full_class_says_so(admission: Admission) -> None:
    await admission.set_class_code("docker days")
    for _ in range(5):
        await admission.join("docker days", address=HERE)
    with pytest.raises(Conflict, match="full"):
        await admission.join("docker days", address=HERE)


async def test_another_code_for_a_seat_makes_the_old_one_worthless(admission: Admission, pool: Pool) -> None:
    (ticket,) = await admission.issue(["Ann"])
    seat = await admission.enter(ticket.code, address=HERE)
    again = await admission.reissue(seat.id)
    assert (await admission.enter(again.code, address=HERE)).id == seat.id
    with pytest.raises(Denied):
        await admission.enter(ticket.code, address=HERE)
    assert list((await admission.people()).values()) == ["Ann"]
    with pytest.raises(Conflict, match="nobody's"):
        await admission.reissue(SeatId(2))


async def test_codes_and_class_code_are_good_for_the_next_process(
    engine: FakeEngine, tmp_path: Path, clock: ManualClock
) -> None:
    workshop, path = workshop_of(count=5, warm=1), tmp_path / "other.sqlite"
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        admission = Admission(pool, store, clock)
        ann, bob = await admission.issue(["Ann", "Bob"])
        await admission.set_class_code("docker days")
        seat = await admission.enter(ann.code, address=HERE)
    async with opened(path) as store, Pool(engine, workshop, store, clock) as pool:
        admission = Admission(pool, store, clock)
        assert (await admission.enter(ann.code, address=HERE)).id == seat.id
        assert (await admission.enter(bob.code, address=HERE)).name == "Bob"
        assert await admission.join("docker days", address=HERE)


async def test_who_did_what_is_written_down_without_codes(
    admission: Admission, pool: Pool, store: Store
) -> None:
    (ticket,) = await admission.issue(["Ann"], by="tina")
    seat = await admission.enter(ticket.code, address=HERE)
    await pool.extend(seat.id, 60, by="tina")
    await pool.end(seat.id, by="tina")
    deeds = await store.call(tables.deeds)
    assert [(d.who, d.what) for d in deeds] == [
        ("tina", "1 codes issued"),
        ("attendee", "seat 1 claimed by Ann"),
        ("tina", "seat 1 extended by 60 s"),
        ("tina", "seat 1 ended"),
    ]
    assert not any(re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", deed.what) for deed in deeds)


async def test_a_name_is_one_line_that_can_be_shown(admission: Admission) -> None:
    with pytest.raises(Invalid, match="80 letters"):
        await admission.issue(["x" * 81])


async def test_codes_in_clear_are_known_until_the_process_ends_and_a_new_one_replaces_them(
    engine: FakeEngine, store: Store, clock: ManualClock
) -> None:
    async with Pool(engine, workshop_of(), store, clock, warm=1) as pool:
        admission = Admission(pool, store, clock)
        (ticket,) = await admission.issue(["Ann"])
        (person,) = await admission.people()
        assert admission.in_clear(person) == ticket.code
        other = await admission.renew(person)
        assert other.name == "Ann"
        with pytest.raises(Denied):
            await admission.enter(ticket.code, address="192.0.2.1")
        seat = await admission.enter(other.code, address="192.0.2.1")
        assert seat.person is not None
        third = await admission.renew(seat.person)
        assert (await admission.enter(third.code, address="192.0.2.1")).id == seat.id
        with pytest.raises(NotFound):
            await admission.renew(person)
        assert Admission(pool, store, clock).in_clear(seat.person) is None
