"""A trainer and an attendee at once: what one of them does, the other sees without asking for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Served, enter, served, shows, type_in, watched, window

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

WORKSHOP = """
apiVersion: podlab/v1
kind: Workshop
metadata:
  name: lab
spec:
  title: A lab
  lesson: lesson
  lifetime: 1h
  seats: {claim: code}
  terminals: [{name: shell, container: work}]
  pod:
    spec:
      containers: [{name: work, image: IMAGE, command: [sleep, "100000"]}]
"""
STEP = """# First
```sh {check="It is done"}
test -e /tmp/done
```
"""


@pytest.fixture
def folder(tmp_path: Path, image: str) -> Path:
    made = tmp_path / "workshop"
    (made / "lesson").mkdir(parents=True)
    (made / "podlab.yaml").write_text(WORKSHOP.replace("IMAGE", image))
    (made / "lesson" / "01-first.md").write_text(STEP)
    return made


async def test_a_trainer_sees_who_needs_help_and_helps(
    folder: Path, tmp_path: Path, chromium: Browser
) -> None:
    async with served(folder, tmp_path, seats=2) as lab:
        problems: list[str] = []
        attendee, trainer = [watched(await (await window(chromium)).new_page(), problems) for _ in range(2)]
        await enter(attendee, lab.url, lab.codes[0])
        await sign_in(lab, trainer)
        await the_grid(attendee, trainer)
        await something_for_everybody(attendee, trainer)
        await watching(attendee, trainer)
        assert problems == []


async def sign_in(lab: Served, page: Page) -> None:
    await page.goto(f"{lab.url}/trainer/#{lab.password}")
    await page.get_by_label("Password").fill(lab.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(re.compile(r"/trainer/$"))


async def the_grid(attendee: Page, trainer: Page) -> None:
    row = trainer.locator("tbody tr", has_text="online")
    await expect(row).to_have_count(1, timeout=60_000)
    check = attendee.locator("section.check")
    for times in (1, 2, 3):
        await check.get_by_role("button", name="Check").click()
        await expect(row).to_contain_text(f"It is done {times} ", timeout=60_000)
    await expect(row).to_contain_text("stuck")
    await attendee.locator(".menu summary").click()
    await attendee.get_by_role("button", name="Raise your hand").click()
    await expect(row).to_contain_text("hand raised", timeout=60_000)
    await expect(row).to_contain_text(" CPU", timeout=60_000)


async def something_for_everybody(attendee: Page, trainer: Page) -> None:
    await trainer.get_by_label("It is shown on their pages at once").fill("A break of five minutes")
    await trainer.get_by_role("button", name="Say it").click()
    await expect(attendee.get_by_text("A break of five minutes")).to_be_visible()
    await trainer.get_by_text("Run a command").click()
    await trainer.get_by_label("Command, run by sh in each seat").fill("touch /tmp/done; hostname; exit 3")
    await trainer.locator('[data-do="command"] button').click()
    await expect(trainer.locator("[data-results]")).to_contain_text("exit code 3", timeout=60_000)
    passed = attendee.locator("section.check .status")
    await attendee.locator("section.check").get_by_role("button", name="Check").click()
    await expect(passed).to_have_attribute("data-status", "passed", timeout=60_000)


async def watching(attendee: Page, trainer: Page) -> None:
    await trainer.get_by_role("button", name=re.compile("Open seat")).first.click()
    await trainer.get_by_role("button", name="Lower the hand").click()
    await expect(trainer.locator("tbody")).not_to_contain_text("hand raised")
    await trainer.get_by_role("button", name=re.compile("Open seat")).first.click()
    await trainer.get_by_role("link", name="Watch").click()
    await type_in(attendee, "echo look''ed at")
    await shows(trainer, "looked at")
    await expect(attendee.get_by_text("2 watching")).to_be_visible()
    await trainer.get_by_role("link", name="Type along").click()
    await shows(trainer, "looked at")
    await type_in(trainer, "echo help''ed")
    await shows(attendee, "helped")
    await shows(trainer, "helped")
