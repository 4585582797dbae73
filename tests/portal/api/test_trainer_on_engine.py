"""What the trainer does in real seats: commands, files, looks at pool and machine, and a terminal that is watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from podlab.engines.docker.engine import DockerEngine
from podlab.portal.api.trainer.meter import METER
from podlab.portal.app import portal
from podlab.portal.classroom import Classroom
from podlab.workshop.seat import SeatId, State
from tests.portal.api.conftest import Program, classroom
from tests.workshop.conftest import workshop_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture
async def room(docker_host: str, pod_name: str, image: str, tmp_path: Path) -> AsyncIterator[Classroom]:
    engine = await DockerEngine.connect(docker_host)
    try:
        async with classroom(
            engine, tmp_path, None, workshop_of(pod_name, image=image, count=3, warm=1)
        ) as made:
            yield made
            made.pool.resize(count=0, warm=0)
            for seat in made.pool.seats:
                await made.pool.end(seat.id)
            await made.pool.settled()
    finally:
        await engine.close()


@pytest.fixture
async def program(room: Classroom) -> AsyncIterator[Program]:
    async with TestClient(TestServer(portal(room))) as client:
        yield Program(room, client)


async def come(room: Classroom, name: str) -> SeatId:
    (ticket,) = await room.admission.issue([name])
    with room.pool.broadcast.watch() as watcher:
        seat = await room.admission.enter(ticket.code, address="192.0.2.1")
        while room.pool.seat(seat.id).state is not State.CLAIMED:
            await watcher.some()
    return seat.id


async def test_commands_files_and_looks_in_real_seats(room: Classroom, program: Program) -> None:
    ann, bob = await come(room, "Ann"), await come(room, "Bob")
    pushed = await program.call("POST", "files?path=/tmp/note", data=b"h\0llo\n")
    assert [each["problem"] for each in pushed["results"]] == ["", ""]
    found = await program.call("POST", "commands", json={"command": "od -c /tmp/note | head -n 1; exit 4"})
    assert [(r["seat"], r["exit_code"]) for r in found["results"]] == [(ann, 4), (bob, 4)]
    assert all("h  \\0   l   l   o" in result["output"] for result in found["results"])
    missing = await program.call("POST", f"files?path=/nowhere/note&seat={ann}", data=b"x")
    assert missing["results"][0]["problem"]

    late = {"command": "sleep 4711 & sleep 4712", "timeout_s": 1, "seats": [bob]}
    (result,) = (await program.call("POST", "commands", json=late))["results"]
    assert result["problem"] == "did not end within 1 s"
    left = {"command": "ps | grep -c '[s]leep 471'", "seats": [bob]}
    (result,) = (await program.call("POST", "commands", json=left))["results"]
    assert result["output"] == "0\n"

    meter = program.client.app[METER]
    await meter.measure(room.engine, room.pool.seats)
    assert meter.readings[ann].memory_bytes > 0 and meter.readings[ann].processes > 0
    machine = await program.call("GET", "machine")
    assert machine["machine"]["memory_bytes"] > machine["machine"]["memory_free_bytes"] > 0
    assert machine["machine"]["disk_free_bytes"] > 0 and machine["machine"]["cpus"] >= 1


async def test_who_watches_sees_and_does_not_type_and_who_assists_does(
    room: Classroom, program: Program
) -> None:
    seat = await come(room, "Ann")
    own = await room.terminals.open(room.pool.seat(seat).pod, "work", "shell")
    headers = {"Authorization": f"Bearer {program.token}"}

    async def typed(mode: str, text: str) -> None:
        async with program.client.ws_connect(
            f"/trainer/terminals/{seat}/shell?mode={mode}", origin=str(program.client.make_url("/")).rstrip("/"),
            headers=headers,
        ) as socket:  # fmt: skip
            await socket.receive(timeout=60)
            await socket.send_bytes(b"i" + text.encode())
            await socket.send_bytes(b"r\x00\x14\x00\x0a")
            await socket.send_bytes(b"p")
            while (await socket.receive(timeout=60)).data != b"p":
                pass

    size = (own.columns, own.rows)
    await typed("watch", "echo wat''ched\n")
    await typed("assist", "echo assis''ted\n")
    async with asyncio.timeout(60):
        while b"assisted" not in (shown := own.ring.read(own.ring.start, own.ring.end)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert b"watched" not in shown
    assert (own.columns, own.rows) == size
