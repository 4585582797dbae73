"""Many terminals at once over real websockets: no byte is lost or out of order, whoever reads how.

Modest here; `PODLAB_LOAD_TERMINALS=100 PODLAB_LOAD_PASTE_MB=100` is what a full room asks for.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from podlab.portal.terminals import Access, Registry, Session, socket

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine

TERMINALS = int(os.environ.get("PODLAB_LOAD_TERMINALS", "12"))
PASTE_BYTES = int(os.environ.get("PODLAB_LOAD_PASTE_MB", "4")) * 1_000_000
LINES = 3000
ORIGIN = "http://lab.example"
RAW = b"stty raw -echo; echo ready''-now; "
TIMEOUT_S = 100 + 3 * TERMINALS


class Tab:
    """A browser's tab: acknowledges what it has drawn, `drawn_bytes_s` at most."""

    def __init__(self, connection: ClientWebSocketResponse, drawn_bytes_s: float = 0) -> None:
        self.connection = connection
        self.screen = bytearray()
        self.before = b""
        """What was drawn before that which was waited for."""
        self.skipped = 0
        self._drawn_bytes_s = drawn_bytes_s

    async def type(self, data: bytes) -> None:
        for begin in range(0, len(data), 1 << 14):
            await self.connection.send_bytes(b"i" + data[begin : begin + (1 << 14)])

    async def until(self, wanted: bytes) -> None:
        """The screen is then what follows."""
        while (at := self.screen.find(wanted)) < 0:
            await self.draw()
        self.before = bytes(self.screen[:at])
        del self.screen[: at + len(wanted)]

    async def draw(self) -> None:
        frame = await self.connection.receive_bytes()
        if frame[:1] == b"k":
            self.skipped += int.from_bytes(frame[1:])
        if frame[:1] == b"o":
            self.screen += frame[1:]
            if self._drawn_bytes_s:
                await asyncio.sleep((len(frame) - 1) / self._drawn_bytes_s)
            await self.connection.send_bytes(b"a" + (len(frame) - 1).to_bytes(4))


class Room:
    def __init__(self, http: ClientSession, url: str) -> None:
        self._http, self._url = http, url
        self._limit = asyncio.Semaphore(4)

    async def open(self, name: str, drawn_bytes_s: float = 0) -> Tab:
        async with self._limit:
            connection = await self._http.ws_connect(
                f"{self._url}/{name}", headers={"Origin": ORIGIN}, max_msg_size=0
            )
            tab = Tab(connection, drawn_bytes_s)
            await tab.until(b"# ")
            return tab


@asynccontextmanager
async def room(engine: DockerEngine, pod: str) -> AsyncIterator[Room]:
    async with Registry(engine, max_per_pod=1000) as registry:

        async def authorise(request: web.Request) -> tuple[Session, Access]:
            return await registry.open(pod, "app", request.match_info["name"]), Access.OWN

        app = web.Application()
        app.router.add_get("/{name}", socket.endpoint(authorise, lambda request: frozenset({ORIGIN})))
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            async with ClientSession() as http, asyncio.timeout(TIMEOUT_S):
                yield Room(http, f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()
            await engine.delete(pod, grace_s=0)  # ends all at once
            await registry.end_pod(pod)


@pytest.mark.timeout(TIMEOUT_S + 60)
async def test_a_full_room_loses_no_byte(engine: DockerEngine, pod: str) -> None:
    """Half of the terminals type, half run output; among these every third is drawn slowly. Beside them is a client
    that is half open: it never reads and never says anything."""
    async with room(engine, pod) as found:
        half_open = await found.open("half-open")
        await half_open.type(b"yes\r")

        async def types(number: int) -> None:
            tab = await found.open(f"typist-{number}")
            await tab.type(RAW + b"exec cat\r")
            await tab.until(b"ready-now\n")
            typed = b""
            for key in range(60):
                typed += (letter := b"%d," % key)
                await tab.type(letter)
                await asyncio.sleep(random.random() * 0.1)
            while len(tab.screen) < len(typed):
                await tab.draw()
            assert bytes(tab.screen) == typed

        async def runs(number: int) -> None:
            tab = await found.open(f"output-{number}", 200_000 if number % 3 == 0 else 0)
            await tab.type(b"stty -echo; i=0; while [ $i -lt %d ]; do echo $i-----------------------------; " % LINES)
            await tab.type(b"i=$((i+1)); done; echo al''l\r")
            await tab.until(b"al''l\r\n")
            expected = b"".join(b"%d-----------------------------\r\n" % n for n in range(LINES)) + b"all\r\n"
            while len(tab.screen) < len(expected):
                await tab.draw()
            assert bytes(tab.screen[: len(expected)]) == expected
            assert not tab.skipped

        async with asyncio.TaskGroup() as group:
            for number in range(TERMINALS // 2):
                group.create_task(types(number))
                group.create_task(runs(number))


@pytest.mark.timeout(TIMEOUT_S + 60)
async def test_a_large_paste_arrives_whole_and_in_order(engine: DockerEngine, pod: str) -> None:
    async with room(engine, pod) as found:
        tab = await found.open("paste")
        await tab.type(RAW + b"head -c %d | md5sum\r" % PASTE_BYTES)
        await tab.until(b"ready-now\n")
        block = random.randbytes(1_000_000).replace(b"\x03", b"-")  # Ctrl-C would drop what is left
        digest = hashlib.md5(usedforsecurity=False)

        async def paste() -> None:
            for _ in range(PASTE_BYTES // len(block)):
                digest.update(block)
                await tab.type(block)

        pasting = asyncio.create_task(paste())
        await tab.until(b"  -\n")
        await pasting
        assert tab.before.decode() == digest.hexdigest()
