"""What the trainer's programs ask for, and get as OpenAPI says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from podlab.lesson.lesson import CheckId
from podlab.portal.classroom import Classroom
from podlab.testing.fake import FakeEngine
from podlab.workshop.events import Message
from podlab.workshop.hands import Hands
from podlab.workshop.seat import SeatId, State
from tests.clock import ManualClock
from tests.portal.api.conftest import Program, come
from tests.workshop.conftest import quiet


async def test_nobody_else_gets_in(program: Program) -> None:
    program.token = ""
    await program.call("GET", "seats", expect=401)
    program.token = "another-token"
    await program.call("GET", "seats", expect=401)
    await program.call("POST", "extend", expect=403, json={"seconds": 60})


async def test_the_grid_has_those_first_who_need_the_trainer(
    room: Classroom, program: Program, clock: ManualClock
) -> None:
    ann, bob, cem = [await come(room, name) for name in ("Ann", "Bob", "Cem")]
    (check,) = room.lesson.checks
    for _ in range(3):
        await room.progress.check(bob.id, check, has_passed=False)
    await Hands(room.store, clock).set(cem.id, True)
    board = await program.call("GET", "seats")
    assert [row["seat"] for row in board["seats"]][:3] == [cem.id, bob.id, ann.id]
    hand, stuck, fine, *free = board["seats"]
    assert hand["hand_raised_at"] and not fine["hand_raised_at"]
    assert stuck["is_stuck"] and stuck["failing"][0]["name"] == "it is there" and not fine["is_stuck"]
    assert all(not row["is_taken"] for row in free)
    assert board["count"] == 4 and board["steps"] == 3
    await program.call("POST", f"seats/{cem.id}/lower-hand")
    assert await Hands(room.store).raised() == {}


async def test_names_and_lists_get_codes_and_there_are_seats_for_all(
    room: Classroom, program: Program
) -> None:
    made = await program.call(
        "POST", "people", json={"names": ["Ann"], "csv": "name;mail\nBob;x\nCem;y\n", "count": 3}
    )
    assert [card["name"] for card in made["cards"]] == ["Ann", "Bob", "Cem", "", "", ""]
    assert made["seats"] == room.pool.count == 6
    first = made["cards"][0]
    assert first["link"] == f"http://lab.example/#{first['code']}"
    seat = await room.admission.enter(first["code"], address="192.0.2.1")
    everybody = await program.call("GET", "people")
    assert [card["seat"] for card in everybody["cards"]] == [seat.id, None, None, None, None, None]
    assert (await program.call("POST", "people", json={}))["cards"] == []
    await program.call("POST", "people", expect=400, json={"csv": "mail,phone\nx,y"})


async def test_codes_that_nobody_knows_any_more_are_made_anew_for_cards(
    room: Classroom, program: Program
) -> None:
    ann = await come(room, "Ann")
    await room.admission.issue(["Bob"])
    room.admission._in_clear.clear()  # another process issued them
    found = await program.call("POST", "people/renew", json={"who": "not_come"})
    assert [(card["name"], card["code"] is None) for card in found["cards"]] == [
        ("Ann", True),
        ("Bob", False),
    ]
    found = await program.call("POST", "people/renew", json={"who": "all"})
    assert all(card["code"] for card in found["cards"])
    again = await program.call("POST", "people/renew", json={"who": "all"})
    assert again == found  # those that are known stay
    seat = await room.admission.enter(found["cards"][0]["code"], address="192.0.2.1")
    assert seat.id == ann.id
    code = (await program.call("POST", f"seats/{ann.id}/code"))["code"]
    assert (await room.admission.enter(code, address="192.0.2.1")).id == ann.id


async def test_a_seat_is_extended_reset_exchanged_and_ended(room: Classroom, program: Program) -> None:
    ann = await come(room, "Ann")
    assert ann.ends_at is not None
    assert await program.call("POST", "extend", json={"seconds": 600}) == {
        "results": [{"seat": ann.id, "problem": ""}]
    }
    assert room.pool.seat(ann.id).ends_at == ann.ends_at + 600
    assert (await program.call("POST", f"seats/{ann.id}/reset"))["state"] == "resetting"
    await quiet(room.pool)
    other = await program.call("POST", f"seats/{ann.id}/reassign")
    assert (other["name"], other["state"]) == ("Ann", "claimed") and other["seat"] != ann.id
    assert (await program.call("POST", f"seats/{other['seat']}/end"))["state"] == "ended"
    assert room.pool.seat(SeatId(other["seat"])).state is State.ENDED
    refused = await program.call("POST", "extend", json={"seconds": 600, "seats": [other["seat"]]})
    assert "has ended" in refused["results"][0]["problem"]
    await program.call("POST", "seats/4711/end", expect=404)
    await program.call("POST", "seats/0/end", expect=400)
    await program.call("POST", f"seats/{other['seat']}/reassign", expect=409)


async def test_a_step_is_opened_for_all_or_one(room: Classroom, program: Program) -> None:
    ann, bob = await come(room, "Ann"), await come(room, "Bob")
    last = room.lesson.steps[2].id
    await program.call("POST", "unlock", json={"step": last, "seats": [ann.id]})
    assert (await program.call("GET", f"seats/{ann.id}"))["steps_passed"] == 2
    assert (await program.call("GET", f"seats/{bob.id}"))["steps_passed"] == 0
    await program.call("POST", "unlock", expect=404, json={"step": "nowhere"})


async def test_the_class_code_is_set_and_closed(room: Classroom, program: Program) -> None:
    assert (await program.call("GET", "class-code"))["is_open"] is False
    made = await program.call("PUT", "class-code", json={})
    seat, _ = await room.admission.join(made["code"], address="192.0.2.1")
    assert seat.id
    assert (await program.call("PUT", "class-code", json={"code": "Physics 101"}))["link"].endswith(
        "/#Physics%20101"
    )
    assert (await program.call("GET", "class-code"))["is_open"] is True
    assert (await program.call("DELETE", "class-code"))["is_open"] is False
    assert not room.admission.has_class_code
    await program.call("PUT", "class-code", expect=400, json={"code": "- - - -"})


async def test_a_message_reaches_whom_it_is_for(room: Classroom, program: Program) -> None:
    ann, bob = await come(room, "Ann"), await come(room, "Bob")
    with room.pool.broadcast.watch() as watcher, room.present(ann.id):
        await program.call("POST", "messages", expect=204, json={"text": "Break!"})
        await program.call("POST", "messages", expect=204, json={"text": "Hello Ann", "seats": [ann.id]})
        assert await watcher.some() == [Message("Break!", ann.id), Message("Hello Ann", ann.id)]
    await program.call("POST", "messages", expect=204, json={"text": "It goes on"})
    assert await room.messages.waiting(bob.id) == ["Break!", "It goes on"]
    assert await room.messages.waiting(bob.id) == []
    moved = await room.pool.reassign(ann.id)
    assert await room.messages.waiting(moved.id) == ["It goes on"]
    await program.call("POST", "messages", expect=400, json={"text": "a\0b"})
    await program.call("POST", "messages", expect=400, json={"text": "x" * 501})


async def test_a_command_is_run_in_all_seats_and_one_that_does_not_end_is_ended(
    room: Classroom, program: Program
) -> None:
    ann, bob = await come(room, "Ann"), await come(room, "Bob")
    found = await program.call("POST", "commands", json={"command": "echo hello; exit 3"})
    assert [(r["seat"], r["exit_code"], r["output"]) for r in found["results"]] == [
        (ann.id, 3, "hello\n"), (bob.id, 3, "hello\n"),
    ]  # fmt: skip
    (late,) = (
        await program.call(
            "POST", "commands", json={"command": "sleep 60", "timeout_s": 1, "seats": [bob.id]}
        )
    )["results"]
    assert (late["exit_code"], late["problem"]) == (None, "did not end within 1 s")
    await program.call("POST", f"seats/{ann.id}/end")
    (gone,) = (await program.call("POST", "commands", json={"command": "true", "seats": [ann.id]}))["results"]
    assert "is ended" in gone["problem"]
    audit = await program.call("GET", "audit?newest=5")
    assert any("echo hello" in entry["what"] for entry in audit["entries"])


async def test_a_file_is_refused_where_its_path_is_not_absolute_or_it_is_too_large(
    room: Classroom, program: Program
) -> None:
    await come(room, "Ann")
    await program.call("POST", "files?path=notes.txt", expect=400, data=b"x")
    await program.call("POST", "files", expect=400, data=b"x")
    await program.call("POST", "files?path=/tmp/a", expect=400, data=b"x" * (17 << 20))
    found = await program.call("POST", "files?path=/tmp/../etc/passwd", data=b"x")
    assert "refused" in found["results"][0]["problem"]


async def test_quizzes_are_bars_and_progress_is_a_file(room: Classroom, program: Program) -> None:
    ann = await come(room, "Ann")
    (quiz,) = room.lesson.quizzes.values()
    await room.progress.answer(ann.id, quiz.id, [quiz.choices[0].id])
    (bars,) = (await program.call("GET", "quizzes"))["quizzes"]
    assert (bars["right"], [bar["seats"] for bar in bars["bars"]]) == (1, [1, 0])
    text = await program.call("GET", "progress.csv")
    assert "Ann" in text and text.count("\n") == 2
    exported = await program.call("GET", "progress.json")
    assert exported["seats"][0]["answers"][0]["is_right"] is True
    assert {item["state"] for item in exported["seats"][0]["items"]} == {"passed"}


async def test_pool_and_machine(room: Classroom, program: Program) -> None:
    found = await program.call("GET", "machine")
    assert (found["pool"]["count"], found["pool"]["states"]) == (4, {"warm": 2})
    assert (found["engine"], found["unsafe"]) == ("fake", "")
    assert (await program.call("PUT", "pool", json={"count": 9, "warm": 3}))["count"] == 9
    await quiet(room.pool)
    assert len(room.pool.seats) == 3


async def test_the_grid_is_told_as_it_changes(room: Classroom, program: Program, engine: FakeEngine) -> None:
    ann = await come(room, "Ann")
    headers = {"Authorization": "Bearer a-token"}
    async with program.client.get("/trainer/api/events", headers=headers) as answer:
        assert answer.content_type == "text/event-stream"

        async def told(kind: str) -> Any:
            async with asyncio.timeout(30):
                while True:
                    event = (await answer.content.readuntil(b"\n\n")).decode()
                    if event.startswith(f"event: {kind}\n"):
                        return json.loads(event.partition("data: ")[2])

        first = await told("board")
        assert {row["seat"] for row in first["seats"]} == set(first["order"])
        await room.progress.check(ann.id, CheckId(next(iter(room.lesson.checks))), has_passed=False)
        changed = await told("board")
        while not any(row["failing"] for row in changed["seats"]):
            changed = await told("board")
        assert [row["seat"] for row in changed["seats"] if row["failing"]] == [ann.id]
        with room.present(ann.id):
            while not any(row["is_online"] for row in changed["seats"]):
                changed = await told("board")
        while not any(row["memory_bytes"] for row in changed["seats"]):
            changed = await told("board")


@pytest.mark.parametrize("path", ["seats?x=1", "audit?newest=0", "audit?newest=1&newest=2", "seats/1?a"])
async def test_what_is_not_described_is_refused(program: Program, path: str) -> None:
    await program.call("GET", path, expect=400)


def test_every_address_of_the_trainers_api_is_described(program: Program) -> None:
    described = {
        (m.upper(), path)
        for path, methods in program.document["paths"].items()
        for m in methods
        if "/trainer/" in path
    }
    there = {
        (route.method, route.resource.canonical)
        for route in program.client.app.router.routes()
        if route.resource is not None and "/trainer/api/" in route.resource.canonical
    }  # fmt: skip
    assert there == described
