"""Websockets through the proxy."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from podlab.portal.previews import forward
from tests.portal.previews.stage import APP, stage
from tests.waiting import until

MB = 1 << 20


async def echo(request: web.Request) -> web.WebSocketResponse:
    request.app[SEEN].append(dict(request.headers))
    socket = web.WebSocketResponse(protocols=("one", "two"), compress=True, max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data == "close":
            await socket.close(code=4321, message=b"bye")
        elif message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


SEEN = web.AppKey("seen", list[dict[str, str]])


def echoes() -> web.Application:
    app = web.Application()
    app[SEEN] = []
    app.router.add_get("/ws", echo)
    return app


@pytest.mark.parametrize("compress", [0, 15])
async def test_what_goes_in_comes_out(compress: int) -> None:
    app = echoes()
    async with stage() as s, s.browser() as browser:
        await s.application(app)
        own = f"http://127.0.0.1:{s.port}"
        async with browser.ws_connect(
            "/ws", protocols=("two",), headers={"Origin": own}, compress=compress, max_msg_size=0
        ) as socket:
            assert socket.protocol == "two"
            for text in ("", "hello", "🙂" * 10_000):
                await socket.send_str(text)
                assert await socket.receive_str() == text
            await socket.send_bytes(bytes(5 * MB))
            assert await socket.receive_bytes() == bytes(5 * MB)
            await socket.ping()
            await socket.send_str("close")
            message = await socket.receive()
            assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4321, "bye")
        headers = app[SEEN][0]
        assert (headers["Host"], headers["Origin"]) == (f"localhost:{APP}", f"http://localhost:{APP}")
        assert "podlab" not in headers.get("Cookie", "")
    assert s.world.open == 0


async def test_a_websocket_needs_the_cookie_too() -> None:
    app = echoes()
    async with stage() as s, s.browser(None) as browser:
        await s.application(app)
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await browser.ws_connect("/ws")
        assert caught.value.status == 403
        assert not app[SEEN]


async def test_an_application_may_refuse() -> None:
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await browser.ws_connect("/elsewhere")
        assert caught.value.status == 404


async def test_nobody_listens() -> None:
    async with stage() as s, s.browser() as browser:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await browser.ws_connect("/ws")
        assert caught.value.status == 503


async def test_either_side_may_vanish() -> None:
    async def vanish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nabc")
        await writer.drain()
        assert await reader.readexactly(3) == b"xyz"

    async with stage() as s:
        await s.raw(vanish)
        answer = await s.exchange(
            f"GET /ws HTTP/1.1\nHost: 127.0.0.1:{s.port}\nCookie: COOKIE\nConnection: keep-alive, Upgrade\n"
            "Upgrade: WebSocket\nSec-WebSocket-Key: x\n\nxyz", await s.cookie(),
        )  # fmt: skip
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert answer.endswith(b"\r\n\r\nabc")
        await s.application(echoes())
        async with s.browser() as browser:
            socket = await browser.ws_connect("/ws")
            await socket.send_str("hello")
            assert socket._response.connection and socket._response.connection.transport
            socket._response.connection.transport.abort()
            await until(lambda: s.world.open == 0)


async def test_an_application_that_does_not_read_stops_the_browser() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
        await done.wait()

    done = asyncio.Event()
    async with stage() as s:
        await s.raw(deaf)
        _, writer = await asyncio.open_connection("127.0.0.1", s.port)
        writer.write(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{s.port}\r\nCookie: {await s.cookie()}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\n\r\n".encode()
        )
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 200 * MB:
                writer.write(bytes(MB))
                sent += MB
                async with asyncio.timeout(1):
                    await writer.drain()
        assert sent < 40 * MB
        done.set()
        writer.transport.abort()


async def test_a_silent_one_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "LOOK_S", 0.05)
    monkeypatch.setattr(forward, "SILENCE_S", 0.3)
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        async with browser.ws_connect("/ws") as socket:
            async with asyncio.timeout(60):
                assert (await socket.receive()).type in (WSMsgType.CLOSED, WSMsgType.CLOSE, WSMsgType.ERROR)
        await until(lambda: s.world.open == 0)
