"""The connection itself, with a client that knows no manners."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from podlab.frames import Kind, frame
from podlab.portal.terminals import websocket
from podlab.portal.terminals.websocket import WebSocket
from tests.portal.terminals.test_framing import masked

REQUEST = (
    "GET /terminal HTTP/1.1\r\nHost: lab\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n"
)


class Raw:
    """Reads and writes bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def exactly(self, wanted: bytes) -> None:
        async with asyncio.timeout(60):
            assert await self.reader.readexactly(len(wanted)) == wanted

    async def end(self) -> bytes:
        """All until the connection is closed."""
        async with asyncio.timeout(60):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


class Place:
    """Both ends."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.sockets: list[WebSocket] = []
        self.begins = asyncio.Event()
        self.begins.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        socket = await WebSocket.accept(request, 1000)
        self.sockets.append(socket)
        try:
            await self.begins.wait()
            socket.start(self.taken.append)
            await socket.closed()
        finally:
            self.sockets.remove(socket)
        return socket.response

    async def until(self, is_so: bool) -> None:
        async with asyncio.timeout(60):
            while bool(self.sockets) != is_so:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(
    place: Place, request: str = "", *, handler_cancellation: bool = False
) -> AsyncIterator[Raw]:
    app = web.Application()
    app.router.add_get("/terminal", place.handle)
    runner = web.AppRunner(app, handler_cancellation=handler_cancellation, shutdown_timeout=1)
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
    try:
        assert site._server
        reader, writer = await asyncio.open_connection(*site._server.sockets[0].getsockname())  # type: ignore[attr-defined]
        writer.write((request or REQUEST.format(base64.b64encode(os.urandom(16)).decode())).encode())
        try:
            yield Raw(reader, writer)
        finally:
            writer.transport.abort()
    finally:
        await runner.cleanup()


@asynccontextmanager
async def opened(place: Place, *, handler_cancellation: bool = False) -> AsyncIterator[Raw]:
    async with connected(place, handler_cancellation=handler_cancellation) as raw:
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        yield raw


async def test_the_answer_proves_that_the_key_was_read() -> None:
    request = REQUEST.format("dGhlIHNhbXBsZSBub25jZQ==")  # the standard's own example
    async with connected(Place(), request) as raw:
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head


@pytest.mark.parametrize(
    ("was", "becomes", "status"),
    [
        ("WebSocket", "h2c", 426), ("Version: 13", "Version: 8", 426),
        ("Key: ", "Key: short", 400), ("Key: ", "No: ", 400),
    ],
)  # fmt: skip
async def test_what_is_no_upgrade_is_refused(was: str, becomes: str, status: int) -> None:
    request = REQUEST.format(base64.b64encode(bytes(16)).decode()).replace(was, becomes)
    async with connected(Place(), request) as raw:
        assert (await raw.reader.readline()).startswith(b"HTTP/1.1 %d " % status)


async def test_what_comes_before_the_start_is_not_lost() -> None:
    place = Place()
    place.begins.clear()
    async with opened(place) as raw:
        raw.writer.write(masked(2, b"early"))
        await asyncio.sleep(0.05)
        assert not place.taken
        place.begins.set()
        raw.writer.write(masked(9, b"?"))
        await raw.exactly(frame(Kind.PONG, b"?"))
        assert place.taken == [b"early"]


@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_a_client_that_left_before_the_start_is_gone(is_cancelled: bool) -> None:
    place = Place()
    place.begins.clear()
    async with opened(place, handler_cancellation=is_cancelled) as raw:
        raw.writer.transport.abort()
        await asyncio.sleep(0.05)
        place.begins.set()
        await place.until(False)


async def test_closing_is_agreed_on() -> None:
    place = Place()
    async with opened(place) as raw:
        raw.writer.write(masked(8, b"\x03\xe8bye") + masked(2, b"too late"))
        assert await raw.end() == frame(Kind.CLOSE, b"\x03\xe8")
        await place.until(False)
        assert not place.taken


async def test_nothing_is_taken_while_closing_and_who_does_not_agree_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(websocket, "_CLOSING_S", 0.2)
    place = Place()
    async with opened(place) as raw:
        await place.until(True)
        place.sockets[0].close(1000, "over")
        place.sockets[0].close(1000, "twice")
        place.sockets[0].send(b"lost")
        raw.writer.write(masked(2, b"too late"))
        assert await raw.end() == frame(Kind.CLOSE, b"\x03\xe8over")
        await place.until(False)
        assert not place.taken


async def test_a_violation_closes_and_what_follows_is_not_read() -> None:
    place = Place()
    async with opened(place) as raw:
        raw.writer.write(b"\x82\x01a" + masked(2, b"x"))
        got = await raw.reader.readexactly(4)
        assert (got[0], got[2:]) == (0x88, (1002).to_bytes(2))
        assert not place.taken


async def test_a_half_open_client_is_gone_after_an_unanswered_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "KEEPALIVE_S", 0.3)
    place = Place()
    async with opened(place) as raw:
        assert await raw.end() == frame(Kind.PING, b"")
        await place.until(False)


async def test_one_that_answers_stays_and_so_does_one_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "KEEPALIVE_S", 0.3)
    place = Place()
    async with opened(place) as raw:
        for _ in range(3):
            await raw.exactly(frame(Kind.PING, b""))
            raw.writer.write(masked(10, b""))
        place.sockets[0].pause()
        raw.writer.write(masked(2, b"later"))
        for _ in range(3):
            await raw.exactly(frame(Kind.PING, b""))
        assert not place.taken
        place.sockets[0].resume()
        raw.writer.write(masked(9, b"?"))
        while (await raw.reader.readexactly(2))[0] != 0x8A:
            pass
        assert place.taken == [b"later"]


async def test_who_asks_and_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MAX_UNSENT_BYTES", 1 << 16)
    place = Place()
    async with opened(place) as raw:
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(200):
            if not place.sockets:
                break
            place.sockets[0].send(bytes(1 << 16))
            await asyncio.sleep(0.001)
        await place.until(False)
