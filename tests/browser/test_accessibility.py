"""axe-core finds nothing serious on any page, in any theme; nothing is loaded from anywhere else.
https://github.com/dequelabs/axe-core"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import EXAMPLE, Served, enter, served, watched, window

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

AXE = Path("web/node_modules/axe-core/axe.min.js")
PICTURES = os.environ.get("PODLAB_PICTURES", "")
"""A folder: each page is pictured there, to be looked at."""


async def test_every_page_in_every_theme(docker_host: str, tmp_path: Path, chromium: Browser) -> None:
    async with served(EXAMPLE, tmp_path, seats=2) as lab:
        problems: list[str] = []
        strange: set[str] = set()
        attendee, trainer, stranger = [
            watched(await (await window(chromium, reduced_motion="reduce")).new_page(), problems)
            for _ in range(3)
        ]
        for page in (attendee, trainer, stranger):
            page.on("request", lambda request: strange.add(urlsplit(request.url).hostname or ""))
        for name, page in [
            *await strangers(lab, stranger), *await attendees(lab, attendee), *await trainers(lab, trainer),
        ]:  # fmt: skip
            for theme in ("light", "dark", "contrast"):
                problems += [f"{name}, {theme}: {each}" for each in await judged(page, name, theme)]
        assert problems == []
        assert strange <= {"127.0.0.1", ""}


Named = list[tuple[str, Page]]


async def other(page: Page, url: str) -> Page:
    """Another page of the same browser."""
    made = await page.context.new_page()
    await made.goto(url)
    return made


async def strangers(lab: Served, page: Page) -> Named:
    await page.goto(lab.url)
    wrong = await other(page, lab.url)
    await wrong.get_by_label("Code").fill("AAAA-AAAA")
    await wrong.get_by_role("button", name="Take my seat").click()
    await wrong.get_by_role("alert").wait_for()
    return [
        ("welcome", page), ("wrong code", wrong), ("not there", await other(page, f"{lab.url}/nowhere")),
        ("sign in", await other(page, f"{lab.url}/trainer/sign-in")),
    ]  # fmt: skip


async def attendees(lab: Served, page: Page) -> Named:
    await enter(page, lab.url, lab.codes[0])
    menu = await other(page, f"{lab.url}/seat/")
    await menu.locator(".menu summary").click()
    quiz = await other(page, f"{lab.url}/seat/")
    await quiz.locator("[data-steps] a").last.evaluate("link => link.click()")
    await quiz.locator("article:visible form.quiz").first.wait_for()
    files = await other(page, f"{lab.url}/seat/")
    await files.get_by_role("tab", name="Files").click()
    await files.wait_for_timeout(2000)
    return [("seat", page), ("menu", menu), ("quiz", quiz), ("files", files)]


async def trainers(lab: Served, page: Page) -> Named:
    await page.goto(f"{lab.url}/trainer/sign-in#{lab.password}")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/trainer/")
    await page.locator("tbody tr").first.wait_for()
    cards = await other(page, f"{lab.url}/trainer/cards")
    watch = await other(page, f"{lab.url}/trainer/seats/1/")
    await watch.locator(".xterm-rows").first.wait_for()
    return [("trainer", page), ("cards", cards), ("watch", watch)]


async def judged(page: Page, name: str, theme: str) -> list[str]:
    await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    await page.evaluate("document.dispatchEvent(new CustomEvent('podlab:theme'))")
    await page.wait_for_timeout(300)
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name.replace(' ', '-')}-{theme}.png")
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}: {each['nodes'][0]['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
