"""The trainer's pages: the grid without a script, a seat that is watched, cards."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aiohttp import WSMsgType

from podlab.portal.terminals.protocol import GONE
from podlab.portal.trainer.cards import picture
from tests.portal.conftest import Browser, Lab


async def come(lab: Lab, name: str) -> int:
    (code,) = await lab.codes(name)
    seat = await lab.room.admission.enter(code, address="192.0.2.1")
    with lab.room.pool.broadcast.watch() as watcher:
        while not lab.room.pool.seat(seat.id).is_ready:
            await watcher.some()
    return seat.id


@pytest.mark.parametrize("path", ["/trainer/", "/trainer/seats/1/", "/trainer/cards"])
async def test_nobody_but_the_trainer_sees_them(lab: Lab, browser: Browser, path: str) -> None:
    await come(lab, "Ann")
    answer = await browser.get(path)
    assert (answer.status, answer.headers["Location"]) == (303, "/trainer/sign-in")


async def test_the_grid_is_there_without_a_script(lab: Lab, browser: Browser) -> None:
    seat = await come(lab, "<b>Ann</b>")
    await browser.sign_in()
    page = await browser.visit("/trainer/")
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page and "<b>Ann" not in page
    assert f'href="/trainer/seats/{seat}/"' in page
    given = re.search(r'id="podlab-trainer">(.*?)</script>', page, re.DOTALL)
    assert given is not None
    board: dict[str, Any] = json.loads(given[1])["board"]
    assert board["seats"][0]["name"] == "<b>Ann</b>"


async def test_the_page_speaks_german(lab: Lab, browser: Browser) -> None:
    await browser.sign_in()
    page = await (await browser.get("/trainer/", **{"Accept-Language": "de"})).text()
    assert "Karten zum Drucken" in page


async def test_a_seat_is_watched_or_assisted_and_the_audit_says_so(lab: Lab, browser: Browser) -> None:
    seat = await come(lab, "Ann")
    await browser.sign_in()
    assert f'data-socket="/trainer/terminals/{seat}/shell?mode=watch"' in await browser.visit(
        f"/trainer/seats/{seat}/"
    )
    assert (await browser.get(f"/trainer/seats/{seat}/?mode=own")).status == 400
    for mode, access in (("watch", "ro"), ("assist", "rw")):
        address = f"/trainer/terminals/{seat}/shell?mode={mode}"
        async with browser.client.ws_connect(address, origin=browser.origin) as socket:
            state = await socket.receive(timeout=20)
            assert state.type is WSMsgType.BINARY
            assert json.loads(state.data[1:])["access"] == access
    audit = await (await browser.get("/trainer/api/audit")).json()
    said = [entry["what"] for entry in audit["entries"]]
    assert f"watches terminal shell of seat {seat}" in said
    assert f"types along in terminal shell of seat {seat}" in said


async def test_a_terminal_that_is_not_there_is_told_apart(lab: Lab, browser: Browser) -> None:
    seat = await come(lab, "Ann")
    await browser.sign_in()
    async with browser.client.ws_connect(
        f"/trainer/terminals/{seat}/nowhere?mode=watch", origin=browser.origin
    ) as socket:
        await socket.receive(timeout=20)
        assert socket.close_code == GONE


async def test_attendees_do_not_open_the_trainers_terminals(lab: Lab, browser: Browser) -> None:
    seat = await come(lab, "Ann")
    (code,) = await lab.codes("Bob")
    await browser.enter(code)
    async with browser.client.ws_connect(f"/trainer/terminals/{seat}/shell", origin=browser.origin) as socket:
        await socket.receive(timeout=20)
        assert socket.close_code == 4403


async def test_cards_show_codes_of_this_portal_and_make_new_ones_for_others(
    lab: Lab, browser: Browser
) -> None:
    (known,) = await lab.codes("Ann")
    (forgotten,) = await lab.codes("Bob")
    lab.room.admission._in_clear.popitem()  # Bob's: an earlier portal made it
    await browser.sign_in()
    page = await browser.visit("/trainer/cards")
    assert known in page and forgotten not in page and page.count("<svg") == 1
    assert (await browser.post("/trainer/cards", {"who": "not_come"})).status == 303
    page = await browser.visit("/trainer/cards")
    assert known in page and forgotten not in page and page.count("<svg") == 2
    assert (await browser.post("/trainer/cards", {"who": "me"})).status == 400


def test_a_picture_quotes_nothing_of_its_link() -> None:
    drawn = picture('https://lab.example/#"><script>')
    assert drawn.startswith("<svg ") and "script" not in drawn and "lab.example" not in drawn
