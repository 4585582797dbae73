"""What an attendee sees and can do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from podlab.workshop.events import Message
from podlab.workshop.seat import SeatId, State
from tests.portal.conftest import Browser, Lab, served

SEAT = SeatId(1)


@pytest.fixture
async def seated(lab: Lab, browser: Browser) -> Browser:
    await browser.enter((await lab.codes("Ann"))[0])
    return browser


def ids(lab: Lab) -> tuple[str, str]:
    """Of the check and the quiz."""
    (check,), (quiz,) = lab.room.lesson.checks, lab.room.lesson.quizzes
    return check, quiz


async def test_the_page_has_lesson_clock_and_terminals(seated: Browser) -> None:
    text = await seated.visit("/seat/")
    assert 'data-step="first"' in text and 'data-step="second"' in text
    assert "Type this in lab-01" in text
    assert 'data-socket="/seat/terminals/shell"' in text
    assert "data-ends=" in text and "Ann" in text
    assert 'src="/seat/assets/picture.svg"' in text


async def test_right_answers_and_commands_of_checks_are_not_in_the_page(lab: Lab, seated: Browser) -> None:
    text = await seated.visit("/seat/")
    assert "Because." not in text and "is_right" not in text and "Do it" not in text


async def test_the_policy_allows_no_script_but_our_files(seated: Browser) -> None:
    answer = await seated.get("/seat/")
    policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers


async def test_pages_speak_german_to_whom_wants_it(seated: Browser) -> None:
    text = await (await seated.get("/seat/", **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"})).text()
    assert '<html lang="de"' in text and "Ausführen" in text and "Meine Arbeit mitnehmen" in text
    plain = await (await seated.get("/seat/", **{"Accept-Language": "xx;q=oops, fr"})).text()
    assert '<html lang="en"' in plain


async def test_the_theme_is_in_the_first_byte(browser: Browser) -> None:
    for theme, found in (("dark", True), ('x"><script>', False)):
        text = await (await browser.get("/", Cookie=f"podlab-theme={theme}")).text()
        assert ('data-theme="dark"' in text) is found


async def test_a_check_runs_in_the_seat_and_opens_the_next_step(lab: Lab, seated: Browser) -> None:
    check, quiz = ids(lab)
    closed = await seated.post("/seat/api/steps/second/opened", json={})
    assert closed.status == 409 and "opens when" in (await closed.json())["error"]
    assert (await seated.post(f"/seat/api/quizzes/{quiz}", json={"choices": ["x"]})).status == 409
    answer = await seated.post(f"/seat/api/checks/{check}", json={"automatic": False})
    assert await answer.json() == {"status": "passed", "output": ""}
    standing = await (await seated.get("/seat/api/progress")).json()
    assert standing["checks"] == {check: "passed"}
    assert standing["unlocked"] == ["first", "second"]
    assert (await seated.post("/seat/api/steps/second/opened", json={})).status == 204


async def test_a_quiz_is_graded_on_the_server_and_counts_attempts(lab: Lab, seated: Browser) -> None:
    check, quiz = ids(lab)
    await seated.post(f"/seat/api/checks/{check}", json={})
    this, and_this, not_this = (choice.id for choice in lab.room.lesson.quizzes[quiz].choices)  # type: ignore[index]
    told = []
    for choices in ([not_this], [this], [this, and_this, not_this], [this, and_this]):
        answer = await (await seated.post(f"/seat/api/quizzes/{quiz}", json={"choices": choices})).json()
        told.append((answer["result"], answer["attempts"]))
    assert told == [("wrong", 1), ("partly", 2), ("partly", 3), ("right", 4)]
    assert "Because." in answer["explanation"]
    standing = await (await seated.get("/seat/api/progress")).json()
    assert standing["quizzes"][quiz]["result"] == "right"
    assert standing["done"] == ["first", "second"]


@pytest.mark.parametrize("path", ["steps/none/opened", "commands/none/ran", "checks/none", "quizzes/none"])
async def test_what_the_lesson_does_not_have_is_not_found(seated: Browser, path: str) -> None:
    body = {"choices": ["x"]} if path.startswith("quizzes") else {}
    answer = await seated.post(f"/seat/api/{path}", json=body)
    assert answer.status == 404 and "none" in (await answer.json())["error"]


async def test_a_files_of_the_lesson_is_given_and_can_do_nothing(seated: Browser) -> None:
    answer = await seated.get("/seat/assets/picture.svg")
    assert answer.status == 200 and answer.content_type == "image/svg+xml"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for name in ("../podlab.yaml", "%2e%2e/podlab.yaml", "01-first.md", "none.svg"):
        assert (await seated.get(f"/seat/assets/{name}")).status == 404


async def test_a_reset_gives_a_fresh_seat_and_keeps_progress(lab: Lab, seated: Browser) -> None:
    check, _ = ids(lab)
    await seated.post(f"/seat/api/checks/{check}", json={})
    assert (await seated.post("/seat/reset", {"csrf": seated.headers["X-CSRF-Token"]})).status == 303
    async with asyncio.timeout(30):
        await lab.room.pool.settled()
    standing = await (await seated.get("/seat/api/progress")).json()
    assert standing["done"] == ["first"]


async def test_only_who_may_extends(folder: Path, lab: Lab, seated: Browser) -> None:
    before = lab.room.pool.seat(SEAT).ends_at
    refused = await seated.post("/seat/extend")
    assert refused.status == 403 and lab.room.pool.seat(SEAT).ends_at == before


async def test_who_may_extend_gets_more_time(folder: Path) -> None:
    async with served(folder, attendees_may_extend=True) as lab:
        browser = lab.open()
        await browser.enter((await lab.codes())[0])
        before = lab.room.pool.seat(SEAT).ends_at or 0
        assert (await browser.post("/seat/extend")).status == 303
        assert (lab.room.pool.seat(SEAT).ends_at or 0) > before


async def test_an_ended_seat_says_so_and_asks_nothing_more(lab: Lab, seated: Browser) -> None:
    await lab.room.pool.end(SEAT)
    page = await seated.get("/seat/")
    assert page.status == 410 and "Your seat has ended" in await page.text()
    assert (await seated.get("/seat/api/progress")).status == 409
    assert (await seated.get("/")).status == 200  # to enter with another code


async def test_a_seat_that_comes_up_says_so(lab: Lab, seated: Browser) -> None:
    lab.room.engine.failure = None  # type: ignore[attr-defined]
    await lab.room.pool.reset(SEAT)
    if lab.room.pool.seat(SEAT).state is State.RESETTING:
        assert "is being prepared" in await seated.visit("/seat/")


async def test_events_tell_of_clock_messages_progress_and_the_seat(lab: Lab, seated: Browser) -> None:
    check, _ = ids(lab)
    await lab.room.messages.say("While you were away", present=[], away=[SEAT])
    async with seated.client.get("/seat/api/events") as stream:
        assert stream.content_type == "text/event-stream"

        async def event() -> tuple[str, dict[str, str]]:
            async with asyncio.timeout(30):
                while not (kind := (await stream.content.readline()).decode()).startswith("event:"):
                    pass
                data = (await stream.content.readline()).decode()
            return kind.removeprefix("event: ").strip(), json.loads(data.removeprefix("data: "))

        assert (await event())[0] == "clock"
        assert await event() == ("message", {"text": "While you were away"})
        assert lab.room.online[SEAT] == 1
        lab.room.pool.broadcast.tell(Message("to another", SeatId(2)))
        lab.room.pool.broadcast.tell(Message("Coffee!", SEAT))
        assert await event() == ("message", {"text": "Coffee!"})
        await seated.post(f"/seat/api/checks/{check}", json={})
        assert await event() == ("progress", {})
        await lab.room.pool.end(SEAT)
        while (told := await event())[0] == "progress":
            pass
        assert told == ("seat", {"state": "ended"})


async def test_a_raised_hand_is_seen_until_it_is_lowered(lab: Lab, seated: Browser) -> None:
    assert (await seated.post("/seat/api/hand", json={"raised": True})).status == 204
    assert list(await lab.room.hands.raised()) == [SEAT]
    assert 'data-hand aria-pressed="true"' in await seated.visit("/seat/")
    await seated.post("/seat/api/hand", json={"raised": False})
    assert await lab.room.hands.raised() == {}


async def test_nobody_else_sees_a_seats_api(lab: Lab, seated: Browser) -> None:
    stranger = lab.open()
    for path in ("/seat/api/progress", "/seat/api/events", "/seat/assets/picture.svg"):
        assert (await stranger.get(path, Accept="application/json")).status == 401


async def test_what_is_too_big_is_refused(seated: Browser) -> None:
    answer = await seated.post("/seat/api/quizzes/x", json={"choices": ["x" * 300_000]})
    assert answer.status == 413 and "more than is taken" in (await answer.json())["error"]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"choices": "x"}', '{"choices": []}', '{"choises": ["x"]}'])
async def test_a_body_of_another_shape_is_told(lab: Lab, seated: Browser, body: str) -> None:
    check, quiz = ids(lab)
    await seated.post(f"/seat/api/checks/{check}", json={})
    headers = {"Content-Type": "application/json"}
    answer = await seated.post(f"/seat/api/quizzes/{quiz}", data=body, headers=headers)  # type: ignore[arg-type]
    assert answer.status == 400 and (await answer.json())["error"]
