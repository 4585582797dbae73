"""A websocket between a browser and an application: bytes both ways, as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import h11

from podlab.errors import PodlabError
from podlab.portal.previews.forward import Watch, answer_of, cut, relay

if TYPE_CHECKING:
    from aiohttp import web

    from podlab.portal.previews.connections import Connection
    from podlab.portal.previews.headers import Pairs
    from podlab.portal.previews.place import Spot

AHEAD_BYTES: Final = 1 << 17
"""What a browser may send before the application takes it."""


class _Incoming:
    """What aiohttp hands over once a connection is no longer HTTP, as to its own reader of websockets."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._came = asyncio.Event()
        self._is_over = self._is_paused = False

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._pieces.append(bytes(data))
        self._size += len(data)
        if self._size > AHEAD_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._came.set()
        return False, b""

    def feed_eof(self) -> None:
        self._is_over = True
        self._came.set()

    async def read(self) -> bytes:
        while not self._pieces and not self._is_over:
            self._came.clear()
            await self._came.wait()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        return data


def wants(request: web.Request) -> Pairs:
    """What asks for a websocket, to be sent on; empty where nothing does."""
    words = {
        word.strip().lower()
        for value in request.headers.getall("Connection", [])
        for word in value.split(",")
    }
    is_one = "upgrade" in words and request.headers.get("Upgrade", "").lower() == "websocket"
    return [("Connection", "Upgrade"), ("Upgrade", "websocket")] if is_one and request.method == "GET" else []


async def tunnel(
    request: web.Request, connection: Connection, head: h11.Request, spot: Spot, port: int, watch: Watch
) -> web.StreamResponse:
    """Until one of both ends it. An application that refuses has its answer passed on."""
    await connection.send(head, h11.EndOfMessage())
    answer = await connection.answer()
    if isinstance(answer, h11.Response):
        response = await relay(request, connection, spot, port, watch, answer)
        response.force_close()
        return response
    if (transport := request.transport) is None:
        raise ConnectionResetError("the browser has gone")
    response = answer_of(answer, spot, port)
    response.headers.update({"Connection": "Upgrade", "Upgrade": "websocket"})
    response.force_close()
    await response.prepare(request)
    incoming = _Incoming(transport)
    protocol: Any = request.protocol
    protocol.set_parser(incoming)

    async def up() -> None:
        while data := await incoming.read():
            watch.moved()
            await connection.stream.write(data)

    async def down() -> None:
        data = connection.http.trailing_data[0]
        while data or (data := await connection.stream.read()):
            watch.moved()
            await response.write(data)
            data = b""

    ways = {asyncio.create_task(up()), asyncio.create_task(down())}
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)
    for way in done:
        if not isinstance(way.exception(), PodlabError | OSError | None):
            way.result()
        if way.exception():
            cut(request)
    return response
