"""`podlab serve` with a class in it: the portal's memory, a claim over HTTP, and how long a reset takes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.ground import IMAGE, PREFIX, free_port
from bench.rounds import progress
from bench.table import markdown, mebibytes, seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench import raw

PEOPLE = 100
LIMIT_S = 600
WHOLE = Path(__file__).parents[1] / "examples" / "docker-pods"
LIGHT = f"""
apiVersion: podlab/v1
kind: Workshop
metadata: {{name: {PREFIX}-room}}
spec:
  title: A room
  lesson: lesson
  lifetime: 2h
  seats: {{count: {PEOPLE}, warm: {PEOPLE}, claim: free}}
  terminals: [{{name: shell, container: work}}]
  pod: {{spec: {{containers: [{{name: work, image: "{IMAGE}", command: [sleep, "100000"]}}]}}}}
"""


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    people = 5 if quick else PEOPLE
    rows = []
    (folder / "room" / "lesson").mkdir(parents=True)
    (folder / "room" / "podlab.yaml").write_text(LIGHT)
    (folder / "room" / "lesson" / "01-first.md").write_text("# First\n```sh {run=shell}\necho hello\n```\n")
    async with _served(folder / "room", folder / "light", people) as room:
        rows.append([f"portal, {people} seats made", mebibytes(room.memory_bytes())])
        async with AsyncExitStack() as stack:
            waits = [await room.enter(stack) for _ in range(people)]
            rows.append([f"and claimed, a terminal open in each of {people}", mebibytes(room.memory_bytes())])
        rows.append(["a claim over HTTP, median", seconds(statistics.median(waits))])
    async with (
        _served(WHOLE, folder / "whole", 2, "--class-code", "benchbench") as room,
        AsyncExitStack() as stack,
    ):
        await room.enter(stack, code="benchbench", name="Ada")
        took = [await room.reset(1) for _ in range(rounds)]
        rows.append(
            ["reset of a whole seat, until registry and daemon answer", seconds(statistics.median(took))]
        )
    return markdown(["", "podlab serve"], rows)


class _Room:
    def __init__(self, process: asyncio.subprocess.Process, state: Path) -> None:
        self._process = process
        self._state = state
        self._told: dict[str, Any] = {}

    async def open(self, seats: int) -> None:
        """Until so many seats are warm."""
        async with asyncio.timeout(LIMIT_S):
            while not (found := [*self._state.rglob("serve.json")]):
                if self._process.returncode is not None:
                    raise RuntimeError("podlab serve has ended")
                await asyncio.sleep(0.2)
            self._told = json.loads(found[0].read_text())
            while sum(seat["state"] == "warm" for seat in await self.seats()) < seats:  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.5)

    async def seats(self) -> list[dict[str, Any]]:
        found: dict[str, Any] = await self._call("GET", "/trainer/api/seats")
        return list(found["seats"])

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._told['token']}"}
        async with (
            aiohttp.ClientSession(self._told["url"], headers=headers) as http,
            http.request(method, path, json=body) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()

    async def enter(self, stack: AsyncExitStack, *, code: str = "", name: str = "") -> float:
        """As a browser does: how long the claim took. The terminal stays open as long as `stack`."""
        jar = aiohttp.CookieJar(unsafe=True)
        http = await stack.enter_async_context(aiohttp.ClientSession(self._told["url"], cookie_jar=jar))
        origin = {"Origin": self._told["public_url"]}
        began = time.perf_counter()
        async with http.post("/enter", data={"code": code, "name": name}, headers=origin) as answer:
            answer.raise_for_status()
            await answer.read()
        took = time.perf_counter() - began
        async with http.get("/seat/") as page:
            page.raise_for_status()
            await page.read()
        terminal = await stack.enter_async_context(http.ws_connect("/seat/terminals/shell", headers=origin))
        async with asyncio.timeout(60):
            while not re.search(rb"[#$] ", (await terminal.receive()).data or b""):
                pass
        return took

    async def reset(self, number: int) -> float:
        """Until its pod is whole and ready again."""
        began = time.perf_counter()
        await self._call("POST", f"/trainer/api/seats/{number}/reset")
        async with asyncio.timeout(LIMIT_S):
            while (await self._call("GET", f"/trainer/api/seats/{number}"))["state"] != "claimed":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return time.perf_counter() - began

    def memory_bytes(self) -> float:
        """What it would give back if it ended: its own pages and its part of those it shares."""
        text = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        assert found
        return int(found[1]) * 1024.0


@asynccontextmanager
async def _served(folder: Path, state: Path, seats: int, *more: str) -> AsyncIterator[_Room]:
    progress(f"room: {seats} seats of {folder.name}")
    command = [
        sys.executable, "-m", "podlab.cli", "serve", str(folder), "--seats", str(seats), "--state", str(state),
        "--listen", f"127.0.0.1:{free_port()}", "--tls", "off", "--rm", *more,
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=os.environ
    )
    talking = asyncio.create_task(_drained(process.stderr))
    try:
        room = _Room(process, state)
        await room.open(seats)
        yield room
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await talking


async def _drained(stream: asyncio.StreamReader | None) -> None:
    assert stream
    while await stream.read(1 << 16):
        pass
