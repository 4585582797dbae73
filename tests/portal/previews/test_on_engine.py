"""Previews of servers in pods on a real engine. `httpd` listens on loopback only."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from yarl import URL

from podlab.engines.base import ExecOptions
from podlab.portal.previews import Ports, Previews, Tenant
from podlab.portal.previews.previews import Preview

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine

MB = 1 << 20
SERVE = "nc -ll -p {port} -e sh -c '{program}'"
"""A program for each connection."""
# All of it: a connection that is closed with something unread is reset, and what was written last is lost.
READ_HEAD = r"""
while IFS= read -r line; do [ "${line%?}" ] || break; done
printf "HTTP/1.1 200 OK\r\n\r\n"
"""
WEBSOCKET = r"""
while IFS= read -r line; do
    line=${line%?}
    case $line in Sec-WebSocket-Key:*) key=${line#*: } ;; "") break ;; esac
done
accept=$(printf %s258EAFA5-E914-47DA-95CA-C5AB0DC85B11 "$key" | sha1sum | cut -c-40 | xxd -r -p | base64)
printf "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $accept\r\n\r\n"
printf "\201\005hello"
exec cat
"""


class Seat:
    def __init__(self, engine: DockerEngine, pod: str, port: int, previews: Previews) -> None:
        self.engine, self.pod, self.port, self.previews = engine, pod, port, previews

    async def run(self, script: str, *words: str) -> str:
        out = b""
        command = ["sh", "-c", script, "sh", *words]
        async with await self.engine.exec(self.pod, "app", command, ExecOptions()) as process:
            while piece := await process.read():
                out += piece[1]
        return out.decode()

    async def start(self, script: str) -> None:
        await self.run(f"({script}) >/dev/null 2>&1 </dev/null &")

    async def enter(self, browser: aiohttp.ClientSession, name: str = "app") -> None:
        address = self.previews.address(1, name, "127.0.0.1:1", person="ann")
        async with browser.get(URL(address, encoded=True), allow_redirects=False) as answer:
            assert answer.status == 303

    async def opened(self, browser: aiohttp.ClientSession) -> None:
        """As the page that waits does."""
        async with browser.post("/.podlab/listens") as answer:
            assert answer.status == 204


@pytest.fixture
async def seat(engine: DockerEngine, pod: str) -> AsyncIterator[Seat]:
    port = unused_port()
    previews = Previews(
        engine, lambda seat: Tenant(pod=pod, person="ann"), Ports("http://127.0.0.1:1", [port]), b"k" * 32,
        named={"app": Preview(port=8080)},
    )  # fmt: skip
    async with previews:
        runner = web.AppRunner(previews.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield Seat(engine, pod, port, previews)
        await runner.cleanup()


@pytest.fixture
async def browser(seat: Seat) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{seat.port}", cookie_jar=jar) as session:
        await seat.enter(session)
        yield session


async def test_a_server_that_starts_is_seen_at_once(seat: Seat, browser: aiohttp.ClientSession) -> None:
    async with browser.get("/", headers={"Accept": "text/html"}) as answer:
        assert answer.status == 503
        assert "Nothing listens on port 8080" in await answer.text()
    waiting = asyncio.create_task(seat.opened(browser))
    await seat.run(
        "mkdir -p /tmp/www/static; echo '<h1>hi' >/tmp/www/index.html; echo 1 >/tmp/www/static/x.js"
    )
    await seat.start("httpd -f -p 127.0.0.1:8080 -h /tmp/www")
    await waiting
    async with browser.get("/") as answer:
        assert await answer.text() == "<h1>hi\n"
        assert answer.content_type == "text/html"
    async with browser.get("/static/x.js") as answer:
        assert await answer.text() == "1\n"
    async with browser.get("/static") as answer:
        assert (answer.status, str(answer.url)) == (404, f"http://127.0.0.1:{seat.port}/static/")
    async with browser.get("/none") as answer:
        assert answer.status == 404


async def test_a_page_of_many_parts(seat: Seat, browser: aiohttp.ClientSession) -> None:
    await seat.run("mkdir -p /tmp/www; for n in $(seq 40); do echo part $n >/tmp/www/$n; done")
    await seat.start("httpd -f -p 127.0.0.1:8080 -h /tmp/www")
    await seat.opened(browser)

    async def part(n: int) -> str:
        async with browser.get(f"/{n}") as answer:
            return await answer.text()

    async with asyncio.timeout(60):
        assert await asyncio.gather(*map(part, range(1, 41))) == [f"part {n}\n" for n in range(1, 41)]


async def test_a_websocket(seat: Seat, browser: aiohttp.ClientSession) -> None:
    """The server sends `hello`, and then every frame back as it came: masked, which is how it is known."""
    program = base64.b64encode(WEBSOCKET.encode()).decode()
    await seat.run("echo $1 | base64 -d >/tmp/ws", program)
    await seat.start(SERVE.format(port=8080, program=". /tmp/ws"))
    key = base64.b64encode(bytes(16)).decode()
    cookie = "; ".join(f"{each.key}={each.value}" for each in browser.cookie_jar)
    await seat.opened(browser)
    reader, writer = await asyncio.open_connection("127.0.0.1", seat.port)
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{seat.port}\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
        assert b"Sec-WebSocket-Accept: " + base64.b64encode(digest) in head
        assert await reader.readexactly(7) == b"\x81\x05hello"
        for size in (1, 1000, 300_000):
            writer.write(bytes(range(256)) * (size // 256 + 1))
            assert await reader.readexactly(256 * (size // 256 + 1)) == bytes(range(256)) * (size // 256 + 1)
    writer.close()


async def test_a_hundred_megabytes_each_way(seat: Seat, browser: aiohttp.ClientSession) -> None:
    give = READ_HEAD + "dd if=/dev/zero bs=1M count=100 | tr '\\0' x"
    await seat.run("echo $1 | base64 -d >/tmp/give", base64.b64encode(give.encode()).decode())
    await seat.start(SERVE.format(port=8080, program=". /tmp/give"))
    await seat.opened(browser)
    seen, size = hashlib.sha256(), 0
    async with browser.get("/") as answer:
        async for chunk in answer.content.iter_any():
            seen.update(chunk)
            size += len(chunk)
    expected = hashlib.sha256(b"x" * MB * 100)
    assert (size, seen.hexdigest()) == (100 * MB, expected.hexdigest())

    take = READ_HEAD + "sum=$(head -c 104857600 | sha256sum); printf %s ${sum%% *}"
    await seat.run("echo $1 | base64 -d >/tmp/take", base64.b64encode(take.encode()).decode())
    await seat.start(SERVE.format(port=8081, program=". /tmp/take"))
    await seat.enter(browser, "8081")
    await seat.opened(browser)

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * MB

    async with browser.post("/", data=blocks(), headers={"Content-Length": str(100 * MB)}) as answer:
        assert await answer.text() == expected.hexdigest()


async def test_a_pod_that_goes_takes_its_connections_along(
    seat: Seat, browser: aiohttp.ClientSession, engine: DockerEngine
) -> None:
    await seat.start(
        SERVE.format(port=8080, program='read -r _; printf "HTTP/1.1 200 OK\\r\\n\\r\\nbegun"; cat')
    )
    await seat.opened(browser)
    async with browser.get("/") as answer:
        assert await answer.content.readexactly(5) == b"begun"
        async with asyncio.timeout(60):
            await engine.delete(seat.pod, grace_s=0)
            await answer.content.read()
    async with browser.get("/") as answer:
        assert answer.status == 503
    async with asyncio.timeout(60):
        while seat.previews._connections._pods:  # noqa: ASYNC110 - nobody tells when all is closed
            await asyncio.sleep(0.05)
