"""What was answered outlives everything; what was not is whole or not at all."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from podlab.errors import Conflict, Unavailable, Unsupported
from podlab.workshop import tables
from podlab.workshop.schema import MIGRATIONS
from podlab.workshop.store import Store, opened


async def test_calls_are_carried_out_in_order_and_a_fault_writes_nothing(store: Store) -> None:
    def fails(db: sqlite3.Connection) -> None:
        tables.note(db, "me", "half", 0.0)
        raise KeyError("oops")

    results = await asyncio.gather(
        store.call(lambda db: tables.note(db, "me", "one", 1.0)),
        store.call(fails),
        store.call(lambda db: tables.note(db, "me", "two", 2.0)),
        return_exceptions=True,
    )
    assert isinstance(results[1], KeyError)
    assert [deed.what for deed in await store.call(tables.deeds)] == ["one", "two"]


async def test_only_one_process_has_a_store_and_a_closed_one_says_so(path: Path) -> None:
    async with opened(path) as store:
        with pytest.raises(Conflict, match="in use by another podlab"):
            async with opened(path):
                pass
        assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unavailable, match="is closed"):
        await store.call(lambda db: None)
    async with opened(path):
        pass


async def test_a_file_that_is_no_store_is_named_and_left_as_it_is(path: Path) -> None:
    path.write_text("a diary, not a database, of more than a hundred bytes" * 10)
    with pytest.raises(Unavailable, match=r"lab\.sqlite: file is not a database"):
        async with opened(path):
            pass
    assert path.read_text().startswith("a diary")
    with pytest.raises(Unavailable, match="cannot use the store"):
        async with opened("/dev/null/lab.sqlite"):
            pass


async def test_a_store_of_a_newer_podlab_is_refused(path: Path) -> None:
    async with opened(path) as store:
        await store.call(lambda db: db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}"))
    with pytest.raises(Unsupported, match=f"version {len(MIGRATIONS) + 1}"):
        async with opened(path):
            pass


async def test_every_version_is_brought_to_the_newest(tmp_path: Path) -> None:
    newest = sqlite3.connect(":memory:")
    for script in MIGRATIONS:
        newest.executescript(script)
    tables_of = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    for version in range(len(MIGRATIONS) + 1):
        path = tmp_path / f"{version}.sqlite"
        db = sqlite3.connect(path)
        for script in MIGRATIONS[:version]:
            db.executescript(script)
        db.execute(f"PRAGMA user_version = {version}")
        db.close()
        async with opened(path) as store:
            assert (
                await store.call(lambda db: db.execute(tables_of).fetchall())
                == newest.execute(tables_of).fetchall()
            )
            assert await store.call(lambda db: db.execute("PRAGMA user_version").fetchone()) == (
                len(MIGRATIONS),
            )


WRITER = """
import asyncio, sys
from podlab.workshop import tables
from podlab.workshop.seat import *
from podlab.workshop.store import opened

async def main(path):
    async with opened(path) as store:
        async def write(n):
            seat = Seat(id=SeatId(n), pod=f"lab-{n}", state=State.CLAIMED, created_at=0.0, person=f"p{n}", name="x")
            def all_of_it(db):
                tables.save(db, seat, 0.0)
                tables.record(db, seat.id, "01", "passed", 0.0, keep=())
                tables.answer(db, seat.id, "quiz", ["a", "b"], True, 0.0)
                tables.note(db, "me", f"seat {n}", 0.0)
            await store.call(all_of_it)
            print(n, flush=True)
        first = max([s.id for s in await store.call(tables.seats)], default=0) + 1
        for n in range(first, first + 100_000, 3):
            await asyncio.gather(write(n), write(n + 1), write(n + 2))

asyncio.run(main(sys.argv[1]))
"""


def write_until_killed(path: Path, after_s: float) -> set[int]:
    """The numbers of the seats that a process was told to be on the disk, before SIGKILL."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout
    first = writer.stdout.readline()  # it has begun
    time.sleep(after_s)
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read()
    assert writer.wait(60) == -signal.SIGKILL
    return {int(line) for line in (first + rest).split(b"\n") if line}


async def test_what_was_acknowledged_outlives_sigkill(path: Path) -> None:
    acknowledged: set[int] = set()
    for round_ in range(6):
        acknowledged |= await asyncio.to_thread(write_until_killed, path, 0.03 * round_)
    assert len(acknowledged) > 10
    async with opened(path) as store:
        seats = {int(seat.id): seat for seat in await store.call(tables.seats)}
        items = {int(item.seat) for item in await store.call(tables.items)}
        answers = {int(each.seat) for each in await store.call(tables.answers)}
        deeds = {int(d.what.split()[1]) for d in await store.call(lambda db: tables.deeds(db, newest=10**6))}
    assert acknowledged <= seats.keys()
    assert all(seats[n].person == f"p{n}" for n in seats)
    assert set(seats) == items == answers == deeds  # each write is whole


async def test_many_calls_at_once_share_a_flush(store: Store) -> None:
    flushes: list[str] = []

    def write(n: int) -> asyncio.Future[None]:
        def work(db: sqlite3.Connection) -> None:
            tables.note(db, "me", str(n), 0.0)

        return store.begin(work)

    await store.call(lambda db: db.set_trace_callback(flushes.append))
    await asyncio.gather(*(write(n) for n in range(200)))
    assert sum(sql == "COMMIT" for sql in flushes) < 50
