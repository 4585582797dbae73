from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podlab.errors import Denied, NotFound, PodlabError, Unavailable
from podlab.portal.terminals import socket
from podlab.portal.terminals.session import Session
from podlab.portal.terminals.viewer import Access
from tests.portal.terminals.shell_process import ScriptedProcess
from tests.waiting import until

ORIGIN = "http://lab.example"
Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def portal(
    refusal: PodlabError | None = None,
) -> AsyncIterator[tuple[Client, ScriptedProcess, Session]]:
    process = ScriptedProcess()
    opened = Session("shell", process)
    running = asyncio.create_task(opened.run())

    async def authorise(request: web.Request) -> tuple[Session, Access]:
        if refusal:
            raise refusal
        return opened, Access.OWN

    app = web.Application()
    app.router.add_get("/terminal", socket.endpoint(authorise, lambda request: frozenset({ORIGIN})))
    async with TestClient(TestServer(app)) as client:
        yield client, process, opened
    running.cancel()
    await asyncio.wait({running})


def connected(client: Client) -> aiohttp.client._BaseRequestContextManager[aiohttp.ClientWebSocketResponse]:
    return client.ws_connect("/terminal", headers={"Origin": ORIGIN})


async def received(browser: aiohttp.ClientWebSocketResponse, kind: str) -> bytes:
    """The payload of the next frame of that type."""
    while True:
        frame = await browser.receive_bytes(timeout=60)
        if frame[:1] == kind.encode():
            return frame[1:]


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://lab.example", "http://lab.example:80", "http://lab.example.evil", "http://LAB.example"],
)  # fmt: skip
async def test_another_page_may_not_open_a_terminal(origin: str | None) -> None:
    async with portal() as (client, _, opened):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await client.ws_connect("/terminal", headers={"Origin": origin} if origin else {})
        assert caught.value.status == 403
        assert not opened.viewers


async def test_typing_and_output() -> None:
    async with portal() as (client, process, _), connected(client) as browser:
        assert b'"title":"shell"' in await received(browser, "s")
        await browser.send_bytes(b"ils\r")
        await browser.send_bytes(b"r\0\x78\0\x28")
        process.say("🙂".encode() * 50_000)
        got = b""
        while len(got) < 200_000:
            got += await received(browser, "o")
        assert got.decode() == "🙂" * 50_000
        assert process.written == [b"ls\r"]
        assert process.sizes == [(120, 40)]
        await browser.send_bytes(b"p")
        assert await received(browser, "p") == b""


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(Denied("no"), 4403), (NotFound("gone"), 4404), (Unavailable("the engine is away"), 1013)],
)
async def test_the_browser_is_told_whether_to_try_again(refusal: PodlabError, code: int) -> None:
    async with portal(refusal) as (client, _, _), connected(client) as browser:
        message = await browser.receive(timeout=60)
        assert message.type is WSMsgType.CLOSE
        assert (message.data, message.extra) == (code, refusal.message)


async def test_a_plain_request_is_told_what_is_needed() -> None:
    async with portal() as (client, _, _):
        answer = await client.get("/terminal", headers={"Origin": ORIGIN})
        assert answer.status == 426


@pytest.mark.long
@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"i" + bytes((1 << 16) + 1), 1009), (b"", 1008), (b"x", 1008), (b"a\xff\xff\xff\xff", 1008)],
)
async def test_a_frame_that_may_not_be_closes_the_connection_only(frame: bytes, code: int) -> None:
    async with portal() as (client, process, opened):
        async with connected(client) as browser:
            await browser.send_bytes(frame)
            while (message := await browser.receive(timeout=60)).type is not WSMsgType.CLOSE:
                pass
            assert message.data == code
        async with connected(client) as browser:
            await browser.send_bytes(b"iok")
            await until(lambda: process.written == [b"ok"])
        assert not opened.ended


async def test_text_is_refused() -> None:
    async with portal() as (client, _, _), connected(client) as browser:
        await browser.send_str("ils")
        while (message := await browser.receive(timeout=60)).type is not WSMsgType.CLOSE:
            pass
        assert message.data == 1008


async def test_too_many_frames_close_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "FRAMES_BURST", 10)
    monkeypatch.setattr(socket, "FRAMES_S", 1)
    async with portal() as (client, _, _), connected(client) as browser:
        for _ in range(11):
            await browser.send_bytes(b"p")
        pongs = 0
        while (message := await browser.receive(timeout=60)).type is WSMsgType.BINARY:
            pongs += message.data == b"p"
        assert (pongs, message.data) == (10, 1008)


async def test_the_end_closes_the_connection() -> None:
    async with portal() as (client, process, _), connected(client) as browser:
        process.say(b"bye")
        process.finish(0)
        assert await received(browser, "o") == b"bye"
        assert b'"exit":0' in await received(browser, "s")
        message = await browser.receive(timeout=60)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1000)


async def test_a_client_that_vanishes_leaves_the_session_alone() -> None:
    async with portal() as (client, process, opened):
        browser = await client.ws_connect("/terminal", headers={"Origin": ORIGIN})
        await received(browser, "s")
        assert browser._response.connection and browser._response.connection.transport
        browser._response.connection.transport.abort()
        process.start_flood(b"x" * 1000)
        await until(lambda: not opened.viewers)
        assert not opened.ended


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.binary(max_size=30), max_size=30))
def test_no_frames_harm_the_session(frames: list[bytes]) -> None:
    async def fuzz() -> None:
        async with portal() as (client, process, opened):
            async with connected(client) as browser:
                for frame in frames:
                    if browser.closed:
                        break
                    await browser.send_bytes(frame)
                process.say(b"still here")
                await asyncio.sleep(0.01)
            async with connected(client) as browser:
                assert (await received(browser, "o")).endswith(b"still here")
            assert not opened.ended

    asyncio.run(fuzz())
