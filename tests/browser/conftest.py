"""A real portal in a process of its own, on the real engine, and Debian's Chromium."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.conftest import docker
from tests.ports import free_port

if TYPE_CHECKING:
    from asyncio.subprocess import Process

EXAMPLE = Path("examples/docker-pods")
PATIENCE_MS = 60_000
"""What a loaded machine may take for what usually takes a second."""
UP_S = 300
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Served:
    """`podlab serve`, which may be killed and started again."""

    folder: Path
    state: Path
    name: str
    port: int
    seats: int
    process: Process | None = None
    options: tuple[str, ...] = ()
    said: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    password: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns when the links have been printed."""
        self.said.clear()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "podlab.cli", "serve", str(self.folder), "--seats", str(self.seats),
            "--listen", f"127.0.0.1:{self.port}", "--state", str(self.state), *self.options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self.process.stdout
        async with asyncio.timeout(UP_S):
            async for line in self.process.stdout:
                self.said.append(line.decode().rstrip())
                if "Ctrl-C ends" in self.said[-1]:
                    break
            else:
                pytest.fail("podlab serve ended:\n" + "\n".join(self.said))
        text = "\n".join(self.said)
        self.codes += re.findall(r"^  code +(\S+)", text, re.MULTILINE)
        if found := re.search(r"^  password +(\S+)   ", text, re.MULTILINE):
            self.password = found[1]

    async def end(self, signum: signal.Signals) -> None:
        assert self.process and self.process.stdout
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signum)
        async with asyncio.timeout(120):
            self.said += (await self.process.stdout.read()).decode().splitlines()
            await self.process.wait()

    async def kill(self) -> None:
        await self.end(signal.SIGKILL)


@contextlib.asynccontextmanager
async def served(
    folder: Path,
    tmp: Path,
    *,
    seats: int,
    options: tuple[str, ...] = (),
    remove: Callable[[str], None] | None = None,
) -> AsyncIterator[Served]:
    """The workshop of this folder under a name of its own; nothing is left of it afterwards. `remove` gets its name,
    where it is not on Docker."""
    name = f"t{uuid.uuid4().hex[:8]}"
    own = tmp / name
    shutil.copytree(folder, own)
    file = own / "podlab.yaml"
    file.write_text(re.sub(r"(?m)^  name: \S+$", f"  name: {name}", file.read_text(), count=1))
    made = Served(own, tmp / f"{name}-state", name, free_port(), seats, options=options)
    try:
        await made.start()
        yield made
    finally:
        if made.process and made.process.returncode is None:
            await made.end(signal.SIGTERM)
        (remove or _remove)(name)


def _remove(name: str) -> None:
    """All that the workshop has on the engine."""
    for kind, columns in (("container", "{{.Names}}"), ("volume", "{{.Name}}")):
        every = ["-a"] if kind == "container" else []
        listed = docker(kind, "ls", *every, "--format", columns, "--filter", f"name={name}")
        for each in listed.stdout.decode().split():
            docker(kind, "rm", "-f", *(["-v"] if kind == "container" else []), each)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@contextlib.asynccontextmanager
async def launched(*options: str) -> AsyncIterator[Browser]:
    """Debian's; Playwright brings no browser of its own here."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: scripts/bootstrap tests installs it"
    async with async_playwright() as playwright:
        # A sandbox needs user namespaces, which root in a container does not have.
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *options])
        yield browser
        await browser.close()


async def window(chromium: Browser, *, language: str = "en", **settings: object) -> BrowserContext:
    """Somebody's browser, with its own cookies."""
    context = await chromium.new_context(
        viewport={"width": 1400, "height": 850}, locale=language, **settings  # type: ignore[arg-type]
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    return context


def watched(page: Page, problems: list[str]) -> Page:
    """Errors of scripts and of the Content-Security-Policy are collected."""
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: (
            problems.append(f"{page.url}: {said.text}")
            if "Content Security Policy" in said.text or "Refused to" in said.text
            else None
        ),
    )
    return page


async def enter(page: Page, url: str, code: str) -> None:
    """As somebody who follows the link of their card; returns when their terminal is connected."""
    await page.goto(f"{url}/#{code}")
    await page.get_by_role("button", name="Take my seat").click()
    await page.wait_for_url(f"{url}/seat/**")
    await prompt(page)


async def prompt(page: Page) -> None:
    await page.wait_for_function(
        "() => [...document.querySelectorAll('.xterm-rows')].some(rows => /[#$] *$/m.test(rows.innerText.trimEnd()))"
    )


async def screen(page: Page) -> str:
    """What the terminal shows."""
    return await page.locator(".xterm-rows").first.inner_text()


async def shows(page: Page, text: str, *, times: int = 1) -> None:
    """Wait until the terminal has it, maybe with its line broken by the width."""
    await page.wait_for_function(
        """([text, times]) => [...document.querySelectorAll('.xterm-rows')]
            .some(rows => rows.innerText.replaceAll('\\n', '').split(text).length > times)""",
        arg=[text, times],
    )


async def type_in(page: Page, line: str) -> None:
    await page.locator(".xterm-helper-textarea").first.focus()
    await page.keyboard.type(line)
    await page.keyboard.press("Enter")
