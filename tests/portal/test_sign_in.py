"""Who may come in, and what a page of another site can do."""

from __future__ import annotations

from pathlib import Path

import pytest

from podlab.portal import guard, password
from podlab.workshop.seat import SeatId, State
from tests.portal.conftest import TOKEN, WORKSHOP, Browser, Lab, served


async def test_a_code_gives_a_seat_from_any_device(lab: Lab, browser: Browser) -> None:
    (code,) = await lab.codes("Ann")
    assert (await browser.get("/seat/")).headers["Location"] == "/"
    entered = await browser.enter(code.lower().replace("-", " "))
    assert (entered.status, entered.headers["Location"]) == (303, "/seat/")
    other = lab.open()
    await other.enter(code)
    assert "lab-01" in await browser.visit("/seat/")
    assert "lab-01" in await other.visit("/seat/")
    assert lab.room.pool.seat(SeatId(1)).name == "Ann"


async def test_a_wrong_code_is_said_so_and_many_are_slowed_down(browser: Browser) -> None:
    for _ in range(10):
        answer = await browser.enter("AAAA-AAAA")
        assert answer.status == 403
        assert "this code is not known" in await answer.text()
    assert "too many wrong codes" in await (await browser.enter("AAAA-AAAA")).text()


async def test_what_can_be_no_code_is_told_and_never_becomes_markup(browser: Browser) -> None:
    answer = await browser.post("/enter", {"code": '"><script>alert(1)</script>'})
    text = await answer.text()
    assert answer.status in (400, 403)
    assert "<script>alert" not in text


async def test_the_class_code_gives_a_code_of_ones_own(lab: Lab, browser: Browser) -> None:
    await lab.room.admission.set_class_code("summer school")
    answer = await browser.enter("Summer-School", "Bob")
    text = await answer.text()
    assert answer.status == 200
    seat = lab.room.pool.seat(SeatId(1))
    assert (seat.name, seat.state) == ("Bob", State.CLAIMED)
    own = text.split("<code>")[1].split("<")[0]
    other = lab.open()
    await other.enter(own)
    assert "lab-01" in await other.visit("/seat/")


async def test_a_free_workshop_takes_who_comes(folder: Path) -> None:
    (folder / "podlab.yaml").write_text(WORKSHOP.replace("CLAIM", "free"))
    async with served(folder) as lab:
        first, second = lab.open(), lab.open()
        assert (await first.enter("", "Ann")).status == 200
        assert (await second.enter("", "Bob")).status == 200
        assert [seat.name for seat in lab.room.pool.seats if seat.person] == ["Ann", "Bob"]


async def test_a_full_workshop_says_so(lab: Lab) -> None:
    codes = await lab.codes(*[""] * 6)
    answers = [await lab.open().enter(code) for code in codes]
    assert [answer.status for answer in answers] == [303] * 5 + [409]
    assert "the workshop is full" in await answers[-1].text()


async def test_a_session_outlives_the_portal(folder: Path) -> None:
    async with served(folder) as lab:
        browser = lab.open()
        await browser.enter((await lab.codes())[0])
        cookies = {each.key: each.value for each in browser.client.session.cookie_jar}
    async with served(folder) as lab:
        browser = lab.open()
        browser.client.session.cookie_jar.update_cookies(cookies, browser.client.make_url("/"))
        assert "lab-01" in await browser.visit("/seat/")


async def test_another_code_for_a_seat_ends_the_sessions_of_the_old_one(lab: Lab, browser: Browser) -> None:
    await browser.enter((await lab.codes())[0])
    await lab.room.admission.reissue(SeatId(1))
    assert (await browser.get("/seat/")).headers["Location"] == "/"


@pytest.mark.parametrize("change", ["x", ".", "", "e30.x"])
async def test_a_cookie_that_we_did_not_write_is_nobody(lab: Lab, browser: Browser, change: str) -> None:
    await browser.enter((await lab.codes())[0])
    (name, value), *_ = [(each.key, each.value) for each in browser.client.session.cookie_jar]
    stranger = lab.open()
    forged = change if change in ("", "e30.x") else value + change
    stranger.client.session.cookie_jar.update_cookies({name: forged}, stranger.client.make_url("/"))
    assert (await stranger.get("/seat/api/progress", Accept="application/json")).status == 401


async def test_cookies_are_out_of_reach_for_scripts_and_other_sites(lab: Lab, browser: Browser) -> None:
    answer = await browser.enter((await lab.codes())[0])
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://lab.example.evil"])
async def test_another_sites_page_changes_nothing(lab: Lab, browser: Browser, origin: str | None) -> None:
    await browser.enter((await lab.codes())[0])
    headers = {"X-CSRF-Token": browser.headers["X-CSRF-Token"], **({"Origin": origin} if origin else {})}
    answer = await browser.client.post("/seat/reset", headers=headers)
    assert answer.status == 403
    assert lab.room.pool.seat(SeatId(1)).state is State.CLAIMED
    assert (await browser.client.post("/enter", data={"code": "x"}, headers=headers)).status == 403


async def test_a_change_needs_the_pages_own_token(lab: Lab, browser: Browser) -> None:
    first, second = await lab.codes("", "")
    await browser.enter(first)
    other = lab.open()
    await other.enter(second)
    for token in ("", "x", other.headers["X-CSRF-Token"]):
        answer = await browser.post("/seat/api/steps/first/opened", json={}, headers={"X-CSRF-Token": token})
        assert answer.status == 403
    assert (await browser.post("/seat/api/steps/first/opened", json={})).status == 204


async def test_signing_out_forgets_who_it_was(lab: Lab, browser: Browser) -> None:
    await browser.enter((await lab.codes())[0])
    assert (await browser.post("/sign-out")).status == 303
    assert (await browser.get("/seat/")).headers["Location"] == "/"


async def test_the_trainers_password_opens_the_trainers_side_only(lab: Lab, browser: Browser) -> None:
    assert (await browser.post("/trainer/sign-in", {"password": "guess"})).status == 403
    answer = await browser.sign_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/trainer/")
    assert (await browser.get("/seat/")).headers["Location"] == "/"


async def test_guesses_of_the_password_are_slowed_down(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "is_right", lambda typed, hashed: False)  # at once: argon2 takes its time
    for _ in range(100):  # a slow machine gives some back meanwhile
        if "too many" in await (await browser.post("/trainer/sign-in", {"password": "guess"})).text():
            break
    else:
        pytest.fail("a hundred guesses were taken")


async def test_one_visitor_cannot_ask_for_changes_without_end(
    lab: Lab, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "CHANGES_S", 0.0)  # nothing is given back, however slow the machine
    await browser.enter((await lab.codes())[0])
    codes = [(await browser.post("/seat/api/commands/none/ran", json={})).status for _ in range(220)]
    assert set(codes) == {404, 429}


async def test_the_api_token_needs_neither_cookie_nor_origin(lab: Lab) -> None:
    stranger = lab.open()
    for token, expected in ((TOKEN, {404, 204, 200, 400}), ("wrong", {401, 403})):
        answer = await stranger.client.post(
            "/trainer/api/message", json={"text": "hi"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status in expected
