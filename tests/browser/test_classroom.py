"""The shipped workshop as a class lives it: three attendees and a trainer at once, in real seats and a real browser.

https://playwright.dev/python/docs/api/class-page
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import EXAMPLE, Served, enter, served, shows, type_in, watched, window

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


async def test_a_class_from_the_code_to_the_last_quiz(place: Path, chromium: Browser) -> None:
    async with served(EXAMPLE, place, seats=3) as lab:
        await the_class(lab, chromium)


@pytest.fixture
def place(docker_host: str, tmp_path: Path) -> Path:
    """For the workshop and what it keeps; there is an engine."""
    return tmp_path


async def the_class(lab: Served, chromium: Browser) -> None:
    count = lab.seats
    assert len(lab.codes) == count
    problems: list[str] = []
    pages = [watched(await (await window(chromium)).new_page(), problems) for _ in lab.codes]
    await asyncio.gather(*(enter(page, lab.url, code) for page, code in zip(pages, lab.codes, strict=True)))
    seats = {
        await page.evaluate("JSON.parse(document.getElementById('podlab').textContent).seat")
        for page in pages
    }
    assert seats == {f"{lab.name}-{number:02d}" for number in range(1, count + 1)}

    trainer = watched(await (await window(chromium)).new_page(), problems)
    await trainer.goto(f"{lab.url}/trainer/sign-in#{lab.password}")
    await trainer.get_by_role("button", name="Sign in").click()
    await expect(trainer.locator("tbody tr", has_text="online")).to_have_count(count, timeout=60_000)
    async with asyncio.TaskGroup() as group:
        for page in pages:
            group.create_task(the_lesson(page))
    await expect(trainer.locator("tbody tr", has_text="7 of 7")).to_have_count(count, timeout=60_000)
    assert problems == []


async def the_lesson(page: Page) -> None:
    """Every command by click, every check, both quizzes."""
    names = await page.locator("[data-steps] a").evaluate_all("all => all.map(each => each.dataset.step)")
    for name in names:
        step = page.locator(f"article[data-step-id='{name}']")
        await expect(step).to_be_visible()
        for element in await step.locator(".command, section.check").all():
            if await element.get_attribute("data-command-id"):
                await run(page, element)
                continue
            if name.endswith("web-server"):
                await the_preview(page, step)
            await element.get_by_role("button").click()
            await expect(element.locator(".status")).to_have_attribute(
                "data-status", "passed", timeout=60_000
            )
        if await step.locator("form.quiz").count():
            await quizzes(step)
        if name != names[-1]:
            await page.get_by_role("button", name="Next step").first.click()
    await expect(page.locator("[data-progress]")).to_have_attribute("value", str(len(names)))


async def the_preview(page: Page, step: Locator) -> None:
    """What was started in the seat is seen in a tab beside the shell."""
    await step.get_by_role("link", name="open it").click()
    await expect(page.get_by_role("tab", name="app")).to_have_attribute("aria-selected", "true")
    frame = page.frame_locator("iframe")
    await expect(frame.locator("body")).to_contain_text("Hello from a container in a pod")
    await page.get_by_role("tab", name="shell").click()


async def run(page: Page, command: Locator) -> None:
    """Click, and wait until the shell is back."""
    await command.get_by_role("button", name="Run").click()
    mark = f"back-{await command.get_attribute('data-command-id')}"
    await type_in(page, f"echo {mark[:9]}''{mark[9:]}")
    await shows(page, mark)


async def quizzes(step: Locator) -> None:
    """Wrong, partly right, right."""
    for quiz, (wrong, partly, right) in zip(
        await step.locator("form.quiz").all(),
        (((4,), (0,), (0, 1, 3)), ((2,), (0, 1, 2), (0, 1))),
        strict=True,
    ):
        for choices, result in ((wrong, "wrong"), (partly, "partly"), (right, "right")):
            boxes = quiz.locator("input[name=answer]")
            for number in range(await boxes.count()):
                await boxes.nth(number).set_checked(number in choices)
            await quiz.get_by_role("button", name="Answer").click()
            await expect(quiz).to_have_attribute("data-result", result)


async def test_a_check_fails_shows_its_hint_and_then_passes_by_itself(place: Path, chromium: Browser) -> None:
    async with served(EXAMPLE, place, seats=1) as lab:
        await the_check(lab, await (await window(chromium)).new_page())


async def the_check(lab: Served, page: Page) -> None:
    await enter(page, lab.url, lab.codes[0])
    check = page.locator("section.check", has_text="The registry has the image")
    await page.locator("[data-steps] a[data-step$='round-trip']").evaluate("link => link.click()")
    await check.get_by_role("button", name="Check").click()
    await expect(check.locator(".status")).to_have_attribute("data-status", "failed")
    await expect(check).to_contain_text("docker image push localhost:5000/alpine")
    await type_in(
        page,
        "docker pull -q alpine && docker tag alpine localhost:5000/alpine && docker push -q localhost:5000/alpine",
    )
    await expect(check.locator(".status")).to_have_attribute("data-status", "passed", timeout=90_000)


async def test_terminals_and_progress_outlive_a_killed_portal(place: Path, chromium: Browser) -> None:
    async with served(EXAMPLE, place, seats=1) as lab:
        await the_crash(lab, await (await window(chromium)).new_page())


async def the_crash(lab: Served, page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # a page with a terminal asks before it is left
    await enter(page, lab.url, lab.codes[0])
    last = page.locator("[data-steps] a").last
    await last.evaluate("link => link.click()")
    quiz = page.locator("article:visible form.quiz").first
    await quiz.locator("input[name=answer]").first.check()
    await quiz.get_by_role("button", name="Answer").click()
    await expect(quiz).to_have_attribute("data-result", "partly")

    await type_in(
        page,
        "echo before-the''-crash; for i in $(seq 100); do echo tick-$i.; sleep 0.3; done; echo it-went''-on",
    )
    await shows(page, "tick-9.")
    await lab.kill()
    await page.wait_for_timeout(2000)
    await lab.start()
    await shows(page, "tick-60.")
    await page.reload()
    await shows(page, "it-went-on")
    await expect(quiz).to_have_attribute("data-result", "partly")
    for text in ("before-the-crash", "tick-1.", "tick-50.", "tick-100."):
        assert await found(page, text) == 1, f"{text} is not once in the scrollback"


async def found(page: Page, text: str) -> int:
    """How often the terminal's own search finds it, in all that has scrolled away, too."""
    await page.locator(".xterm-helper-textarea").first.focus()
    await page.keyboard.press("Control+Shift+F")
    field, count = page.get_by_label("Search in the terminal"), page.locator(".search output").first
    await field.fill("")
    await expect(count).to_have_text("")
    await field.fill(text)
    await expect(count).to_have_text(re.compile(r"^\d+ of \d+$|^No match$"))
    return int(re.sub(r".* of |No match", "", await count.inner_text()) or 0)
