"""What is packed of a seat, what is left out, and what is kept when it ends."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import stat
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from podlab.errors import NotFound, Unavailable
from podlab.lesson.loading import load
from podlab.manifest import load as load_pods
from podlab.testing.fake import FakeEngine
from podlab.testing.fake.world import FakeFile
from podlab.workshop.events import Trouble
from podlab.workshop.pool import Pool
from podlab.workshop.progress import Progress
from podlab.workshop.seat import PersonId, Seat, State
from podlab.workshop.store import Store
from podlab.workshop.take_home.keeping import TakeHome
from podlab.workshop.take_home.packing import pack
from tests.clock import ManualClock
from tests.workshop.conftest import quiet, workshop_of

ANN = PersonId("ann")
WORKSHOP = workshop_of(count=3, warm=1)
LESSON = '# First\n```sh {check="It is there"}\ntrue\n```\n:::quiz Which?\n- [x] this\n- [ ] that\n:::\n'


def file(data: bytes, mode: int = 0o644) -> FakeFile:
    return FakeFile(data, mode, datetime(2026, 1, 1, tzinfo=UTC))


async def packed(chunks: AsyncIterator[bytes]) -> dict[str, bytes]:
    return unpacked(b"".join([chunk async for chunk in chunks]))


def unpacked(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        found = {each.name: tar.extractfile(each) for each in tar}
        return {name: content.read() if content else b"" for name, content in found.items()}


@pytest.fixture
async def seat(engine: FakeEngine) -> str:
    await engine.apply(WORKSHOP.pod("lab-01"))
    files = engine._pods["lab-01"].containers["work"].files
    files["/root"] = None
    files["/root/notes"] = file(b"all of it")
    files["/root/bin"] = None
    files["/root/bin/run"] = file(b"#!/bin/sh\n", 0o4755)
    return "lab-01"


async def test_home_pod_compose_and_progress_are_in_one_folder(
    engine: FakeEngine, seat: str, tmp_path: Path
) -> None:
    found = await packed(pack(engine, WORKSHOP, seat, {"seat": "lab-01"}))
    assert found["lab-01/home/work/notes"] == b"all of it"
    assert found["lab-01/home/work/bin/run"] == b"#!/bin/sh\n"
    assert json.loads(found["lab-01/progress.json"]) == {"seat": "lab-01"}
    assert b"network_mode: service:infra" in found["lab-01/compose.yaml"]
    (tmp_path / "pod.yaml").write_bytes(found["lab-01/pod.yaml"])
    (pod,) = load_pods([str(tmp_path / "pod.yaml")]).pods
    assert pod.name == "lab" and pod.spec.active_deadline_seconds is None
    readme = found["lab-01/README.md"].decode()
    assert "podlab cp -c work home/work/. lab:/root" in readme
    assert "docker compose cp home/work/. work:/root" in readme
    assert "Left out" not in readme


async def test_what_is_too_much_is_left_out_and_named(engine: FakeEngine, seat: str) -> None:
    files = engine._pods[seat].containers["work"].files
    files["/root/big"] = file(b"x" * 100_000)
    found = await packed(pack(engine, WORKSHOP, seat, {}, limit_bytes=50_000))
    assert "lab-01/home/work/big" not in found
    assert found["lab-01/home/work/notes"] == b"all of it"
    readme = found["lab-01/README.md"].decode()
    assert "1 entry of 0.1 MiB" in readme and "- `home/work/big`" in readme


async def test_links_stay_within_and_devices_are_left_out(engine: FakeEngine, seat: str) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as out:
        for name, kind, link in (
            ("root", tarfile.DIRTYPE, ""), ("root/a", tarfile.REGTYPE, ""), ("root/same", tarfile.LNKTYPE, "root/a"),
            ("root/away", tarfile.SYMTYPE, "/etc/passwd"), ("root/pipe", tarfile.FIFOTYPE, ""),
            ("root/none", tarfile.LNKTYPE, "etc/shadow"), ("root/../../up", tarfile.REGTYPE, ""),
        ):  # fmt: skip
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            out.addfile(entry)

    async def archive(*_: object) -> AsyncIterator[bytes]:
        yield tar.getvalue()

    engine.read_archive = archive  # type: ignore[method-assign,assignment]
    data = b"".join([chunk async for chunk in pack(engine, WORKSHOP, seat, {})])
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as found:
        links = {each.name.removeprefix("lab-01/home/work"): each.linkname for each in found}
    assert links["/same"] == "lab-01/home/work/a"
    assert links["/away"] == "/etc/passwd"
    assert not {"/pipe", "/none"} & links.keys() and not any("up" in name for name in links)


async def test_a_pod_that_is_gone_is_not_found(engine: FakeEngine) -> None:
    with pytest.raises(NotFound):
        await packed(pack(engine, WORKSHOP, "lab-09", {}))


# --- at the end of a seat


class Room:
    def __init__(self, engine: FakeEngine, store: Store, clock: ManualClock, folder: Path) -> None:
        lesson = folder / "lesson"
        lesson.mkdir()
        (lesson / "01-a.md").write_text(LESSON)
        self.lesson = load(lesson)
        self.progress = Progress(self.lesson, store, clock)
        self.home = TakeHome(engine, WORKSHOP, self.lesson, self.progress, folder / "take-home")
        self.pool = Pool(engine, WORKSHOP, store, clock, before_end=self.home.keep)

    async def come(self) -> Seat:
        await quiet(self.pool)
        seat = await self.pool.claim(ANN, "Ann")
        await quiet(self.pool)
        return self.pool.seat(seat.id)


@pytest.fixture
def room(engine: FakeEngine, store: Store, clock: ManualClock, tmp_path: Path) -> Room:
    return Room(engine, store, clock, tmp_path)


async def test_a_seat_that_ends_is_kept_with_its_progress(room: Room, engine: FakeEngine) -> None:
    async with room.pool as pool:
        seat = await room.come()
        engine._pods[seat.pod].containers["work"].files |= {"/root": None, "/root/a": file(b"mine")}
        (check,), (quiz,) = room.lesson.checks, room.lesson.quizzes
        await room.progress.check(seat.id, check, has_passed=True)
        await room.progress.answer(seat.id, quiz, [room.lesson.quizzes[quiz].choices[0].id])
        assert room.home.kept(seat) is None
        await pool.end(seat.id)
        await pool.at_rest(seat.id)
        assert seat.pod not in engine._pods and not pool.is_at(seat.id)
    kept = room.home.kept(seat)
    assert kept is not None and stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [each.name for each in kept.parent.iterdir()] == [f"{seat.pod}.tar.gz"]
    found = unpacked(kept.read_bytes())
    assert found[f"{seat.pod}/home/work/a"] == b"mine"
    told: dict[str, Any] = json.loads(found[f"{seat.pod}/progress.json"])
    (step,) = told["steps"]
    assert (told["name"], step["state"]) == ("Ann", "passed")
    assert (step["checks"][0]["state"], step["quizzes"][0]["answers"][0]["is_right"]) == ("passed", True)


async def test_nothing_is_kept_of_a_reset_or_of_nobodys_seat(room: Room) -> None:
    async with room.pool as pool:
        seat = await room.come()
        await pool.reset(seat.id)
        await quiet(pool)
        (other, *_) = [each for each in pool.seats if each.person is None]
        await pool.end(other.id)
        await pool.settled()
        assert room.home.kept(seat) is None and room.home.kept(other) is None


async def test_what_cannot_be_kept_is_told_and_the_seat_ends(
    room: Room, engine: FakeEngine, tmp_path: Path
) -> None:
    (tmp_path / "take-home").write_text("in the way")
    async with room.pool as pool:
        seat = await room.come()
        with pool.broadcast.watch() as watcher:
            await pool.end(seat.id)
            await pool.at_rest(seat.id)
            troubles = [e.message for e in await watcher.some() if isinstance(e, Trouble)]
        assert pool.seat(seat.id).state is State.ENDED and seat.pod not in engine._pods
    assert troubles and troubles[0].startswith(f"what was in seat {seat.pod} could not be kept")


async def test_packing_has_an_end(room: Room, engine: FakeEngine) -> None:
    async def archive(*_: object) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    room.home._pack_s = 0.2
    async with room.pool as pool:
        seat = await room.come()
        engine._pods[seat.pod].containers["work"].files["/root"] = None
        engine.read_archive = archive  # type: ignore[method-assign,assignment]
        with pytest.raises(Unavailable, match=r"longer than 0\.2 s"):
            await room.home.keep(seat)
        await pool.end(seat.id)
        await pool.at_rest(seat.id)
        assert seat.pod not in engine._pods
    assert list((room.home._folder).iterdir()) == []
