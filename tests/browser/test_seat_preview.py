"""A server that an attendee starts in a real seat, in the tab beside their shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import enter, served, type_in, watched, window

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

WORKSHOP = """
apiVersion: podlab/v1
kind: Workshop
metadata:
  name: previews
spec:
  lesson: lesson
  seats: {claim: code}
  terminals: [{name: shell, container: work}]
  previews: [{name: app, port: 8080}]
  images: {mirror: none}
  pod:
    spec:
      containers:
        - {name: work, image: IMAGE, command: [sleep, infinity]}
"""
START = """
mkdir -p /tmp/w; echo '<h1>first' >/tmp/w/index.html; echo '<h1>other' >/tmp/w/other.html
httpd -p 127.0.0.1:8080 -h /tmp/w
"""


async def test_a_server_that_an_attendee_starts(image: str, tmp_path: Path, chromium: Browser) -> None:
    folder = tmp_path / "workshop"
    (folder / "lesson").mkdir(parents=True)
    (folder / "podlab.yaml").write_text(WORKSHOP.replace("IMAGE", image))
    (folder / "lesson" / "01-web.md").write_text(
        "# Web\n\nSee [the other page]({{ preview.app }}/other.html).\n"
    )
    async with served(folder, tmp_path, seats=1) as lab:
        problems: list[str] = []
        page = watched(await (await window(chromium)).new_page(), problems)
        await enter(page, lab.url, lab.codes[0])
        await page.get_by_role("tab", name="app").click()
        frame = page.frame_locator("[data-preview=app] iframe")
        await expect(frame.get_by_role("heading")).to_have_text(
            "Nothing listens on port 8080 in this seat yet"
        )
        await page.get_by_role("tab", name="shell").click()
        for line in START.split("\n"):
            await type_in(page, line)
        await page.get_by_role("tab", name="app").click()
        await expect(frame.get_by_role("heading")).to_have_text("first", timeout=60_000)

        await page.get_by_role("link", name="the other page").click()
        await expect(frame.get_by_role("heading")).to_have_text("other")
        async with page.context.expect_page() as opened:
            await page.get_by_role("link", name="Open in a new tab").click()
        tab = await opened.value
        await expect(tab.get_by_role("heading")).to_have_text("other")
        assert not tab.url.startswith(lab.url)

        stranger = await (await window(chromium)).new_page()
        answer = await stranger.goto(tab.url)
        assert answer is not None and answer.status == 403
        await expect(stranger.get_by_role("heading")).to_have_text("This preview opens from its seat only")
        assert problems == []
