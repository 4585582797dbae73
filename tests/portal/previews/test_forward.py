"""Requests through the proxy: real browsers' side, real servers' side, streams between."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import resource
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from podlab.portal.previews import connections, forward
from tests.portal.previews.stage import APP, Stage, stage
from tests.waiting import until

MB = 1 << 20


def told(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


async def echo(request: web.Request) -> web.Response:
    body = await request.read()
    return web.json_response({
        "method": request.method, "path": request.raw_path, "headers": [[k, v] for k, v in request.headers.items()],
        "body": body.decode("latin-1"),
    })  # fmt: skip


def echoes() -> web.Application:
    app = web.Application(client_max_size=200 * MB)
    app.router.add_route("*", "/{path:.*}", echo)
    return app


async def test_an_application_sees_a_browser_on_localhost() -> None:
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        own = f"http://127.0.0.1:{s.port}"
        sent = {
            "Origin": own, "Referer": f"{own}/a?b", "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6",
            "X-Thing": "é", "Connection": "keep-alive, X-Hop", "X-Hop": "1", "Expect": "", "TE": "trailers",
        }  # fmt: skip
        async with browser.get("/a%2Fb/../%C3%A9?q=a+b&r=%26", headers=sent) as answer:
            got = await answer.json()
        headers = dict(got["headers"])
        assert headers["Host"] == f"localhost:{APP}"
        assert headers["Origin"] == f"http://localhost:{APP}"
        assert headers["Referer"] == f"http://localhost:{APP}/a?b"
        assert not {"X-Forwarded-For", "Forwarded", "X-Hop", "Te", "TE", "Expect", "Cookie"} & headers.keys()
        assert got["path"].startswith("/") and got["path"].endswith("?q=a+b&r=%26")


async def test_a_public_application_sees_the_browsers_own_names() -> None:
    async with stage(is_public=True) as s, s.browser() as browser:
        await s.application(echoes())
        own = f"127.0.0.1:{s.port}"
        async with browser.get(
            "/", headers={"Origin": f"http://{own}", "X-Forwarded-For": "6.6.6.6"}
        ) as answer:
            headers = dict((await answer.json())["headers"])
        assert (headers["Host"], headers["Origin"]) == (own, f"http://{own}")
        assert headers["X-Forwarded-For"] == "127.0.0.1"
        assert (headers["X-Forwarded-Host"], headers["X-Forwarded-Proto"]) == (own, "http")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
async def test_methods_and_bodies_arrive(method: str) -> None:
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        body = b"x" * 1000 if method in ("POST", "PUT", "PATCH", "DELETE") else None
        async with browser.request(method, "/x", data=body) as answer:
            assert answer.status == 200
            if method != "HEAD":
                got = await answer.json()
                assert (got["method"], got["body"]) == (method, "x" * len(body or b""))


async def test_a_compressed_body_arrives_whole() -> None:
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        body = gzip.compress(b"hello" * 1000)
        async with browser.post("/", data=body, headers={"Content-Encoding": "gzip"}) as answer:
            got = await answer.json()
        assert got["body"] == "hello" * 1000
        assert "Content-Encoding" not in dict(got["headers"])


async def test_an_answer_stays_what_it_is() -> None:
    async with stage() as s, s.browser() as browser:
        packed = gzip.compress(b"<p>hello")
        await s.says(
            b"HTTP/1.1 418 Tea time\r\nServer: pot/1\r\nContent-Encoding: gzip\r\nX-A: 1\r\nX-A: 2\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(packed), packed)
        )
        async with browser.get("/") as answer:
            assert (answer.status, answer.reason) == (418, "Tea time")
            assert answer.headers.getall("X-A") == ["1", "2"]
            assert (answer.headers["Server"], answer.headers["Content-Encoding"]) == ("pot/1", "gzip")
            assert await answer.read() == packed
            assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    "answer",
    ["HTTP/1.0 200 OK\n\nhello", "HTTP/1.1 200\nConnection: close\n\nhello",
     "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nhe\n3;x=y\nllo\n0\nX: y\n\n",
     "HTTP/1.1 103 Early\nLink: x\n\nHTTP/1.1 200 OK\nContent-Length: 5\n\nhello"],
)  # fmt: skip
async def test_every_way_of_ending_a_body(answer: str) -> None:
    async with stage() as s, s.browser() as browser:
        await s.says(answer)
        async with browser.get("/") as got:
            assert (got.status, await got.text()) == (200, "hello")


async def test_the_netcat_server_of_every_workshop() -> None:
    async with stage() as s, s.browser() as browser:
        await s.says(b"HTTP/1.1 200 OK\n\nhello from nc")
        async with browser.get("/") as got:
            assert await got.text() == "hello from nc"


async def test_events_come_one_by_one() -> None:
    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for n in range(3):
            await response.write(f"data: {n}\n\n".encode())
            await heard[n].wait()
        return response

    heard = [asyncio.Event() for _ in range(3)]
    app = web.Application()
    app.router.add_get("/", events)
    async with stage() as s, s.browser() as browser:
        await s.application(app)
        async with browser.get("/") as answer:
            for n in range(3):
                assert await answer.content.readuntil(b"\n\n") == f"data: {n}\n\n".encode()
                heard[n].set()


async def test_both_directions_at_once() -> None:
    async def upper(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            await response.write(chunk.upper())
        return response

    async def words() -> AsyncIterator[bytes]:
        for word in (b"one", b"two", b"three"):
            yield word
            assert await answers.get() == word.upper()

    answers: asyncio.Queue[bytes] = asyncio.Queue()
    app = web.Application()
    app.router.add_post("/", upper)
    async with stage() as s, s.browser() as browser:
        await s.application(app)
        async with browser.post("/", data=words()) as answer:
            async for chunk in answer.content.iter_any():
                answers.put_nowait(chunk)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.long
async def test_a_hundred_megabytes_each_way_in_bounded_memory() -> None:
    """Reader and writer stand in this process, too; what is measured is the growth of all of them."""
    block = bytes(range(256)) * 1024

    async def upload(request: web.Request) -> web.Response:
        seen = hashlib.sha256()
        async for chunk in request.content.iter_any():
            seen.update(chunk)
        return web.Response(text=seen.hexdigest())

    async def download(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(400):
            await response.write(block)
        return response

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(400):
            yield block

    expected = hashlib.sha256()
    for _ in range(400):
        expected.update(block)
    app = web.Application()
    app.router.add_put("/", upload)
    app.router.add_get("/", download)
    async with stage() as s, s.browser() as browser:
        await s.application(app)
        before = _peak_mb()
        async with browser.put("/", data=blocks()) as answer:
            assert await answer.text() == expected.hexdigest()
        seen = hashlib.sha256()
        async with browser.get("/") as answer:
            async for chunk in answer.content.iter_any():
                seen.update(chunk)
        assert seen.hexdigest() == expected.hexdigest()
        assert _peak_mb() - before < 20


async def test_a_browser_that_does_not_read_stops_the_application() -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(MB))
            written += MB
            await writer.drain()

    async with stage() as s, s.browser() as browser:
        await s.raw(flood)
        async with browser.get("/"):
            before = -1
            while before != written:  # a busy machine takes its time to fill the kernel's buffers of three sockets
                before = written
                await asyncio.sleep(1)
            assert written < 40 * MB


async def test_an_application_that_does_not_read_stops_the_browser() -> None:
    sent = 0

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()

    async def flood() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            yield bytes(MB)
            sent += MB

    done = asyncio.Event()
    async with stage() as s, s.browser() as browser:
        await s.raw(deaf)
        posting = asyncio.create_task(browser.post("/", data=flood()).__aenter__())
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(1)
        assert sent < 40 * MB
        posting.cancel()
        await asyncio.wait({posting})
        done.set()


async def test_connections_are_used_again() -> None:
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        for _ in range(5):
            async with browser.get("/") as answer:
                await answer.read()
        assert s.world.dialled == 1


async def test_a_connection_that_the_application_ended_meanwhile_is_no_error() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()  # it says nothing of hanging up

    async with stage() as s, s.browser() as browser:
        await s.raw(once)
        for _ in range(3):
            async with browser.get("/") as answer:
                assert await answer.text() == "ok"
        assert s.world.dialled == 3


async def test_what_changes_something_is_never_sent_twice() -> None:
    heads: list[bytes] = []

    async def forgetful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        if len(heads) == 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            heads.append(await reader.readuntil(b"\r\n\r\n"))

    async with stage() as s, s.browser() as browser:
        await s.raw(forgetful)
        async with browser.get("/") as answer:
            await answer.read()
        async with browser.post("/") as answer:
            assert answer.status == 502
        assert [head[:4] for head in heads if head.startswith(b"POST")] == [b"POST"]


async def test_idle_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.05)
    async with stage() as s, s.browser() as browser:
        await s.application(echoes())
        async with browser.get("/") as answer:
            await answer.read()
        await until(lambda: s.world.open == 0 and not s.previews._connections._pods)


async def test_a_seat_has_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_PER_POD", 3)
    monkeypatch.setattr(connections, "QUEUE_S", 0.2)

    async def hang(request: web.Request) -> web.Response:
        await done.wait()
        return web.Response()

    done = asyncio.Event()
    app = web.Application()
    app.router.add_get("/", hang)
    async with stage() as s, s.browser() as browser:
        await s.application(app)
        await s.application(echoes(), pod="lab-02")
        asked = [asyncio.create_task(_status(browser)) for _ in range(5)]
        await until(lambda: sum(each.done() for each in asked) == 2)
        assert s.world.most == 3
        async with s.browser(seat=2, person="bob") as other, other.get("/") as answer:
            assert answer.status == 200  # a neighbour notices nothing
        done.set()
        assert sorted(await asyncio.gather(*asked)) == [200, 200, 200, 429, 429]


async def _status(browser: aiohttp.ClientSession) -> int:
    async with browser.get("/") as answer:
        return answer.status


async def test_a_browser_that_goes_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "LOOK_S", 0.05)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()

    async with stage() as s, s.browser() as browser:
        await s.raw(silent)
        with pytest.raises(TimeoutError):
            await browser.get("/", timeout=aiohttp.ClientTimeout(total=0.2))
        await until(lambda: s.world.open == 0)


async def test_an_application_that_says_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forward, "LOOK_S", 0.05)
    monkeypatch.setattr(forward, "HEAD_S", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with stage() as s, s.browser() as browser:
        await s.raw(silent)
        async with browser.get("/", headers={"Accept": "text/html"}) as answer:
            assert answer.status == 504
            assert f"port {APP}" in await answer.text()


@pytest.mark.parametrize(
    "answer",
    ["hello\n", "", "HTTP/1.1 OK\n\n", "HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n\nhello",
     "HTTP/1.1 200 OK\nContent-Length: -1\n\n", "HTTP/1.1 101 Switching\nUpgrade: x\nConnection: upgrade\n\n",
     "HTTP/1.1 200 OK\nX: " + "x" * 100_000 + "\n\n", "\x16\x03\x01\x00\x02\x02\x16", "HTTP/1.1 200 OK\nA b: c\n\n"],
)  # fmt: skip
async def test_what_is_no_http_gets_a_page(answer: str) -> None:
    async with stage() as s, s.browser() as browser:
        await s.says(answer)
        async with browser.get("/", headers={"Accept": "text/html"}) as got:
            assert got.status == 502
            assert "no proper answer" in await got.text()


@pytest.mark.parametrize("answer", ["HTTP/1.1 200 OK\nContent-Length: 50\n\nhello",
                                    "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\nzz\n"])  # fmt: skip
async def test_an_answer_that_breaks_off_does_not_look_whole(answer: str) -> None:
    async with stage() as s, s.browser() as browser:
        await s.says(answer)
        async with browser.get("/") as got:
            with pytest.raises(aiohttp.ClientError):
                await got.read()


async def test_two_lengths_of_an_answer_are_one_for_the_browser() -> None:
    """Else what the one takes for the body is the next answer for the other."""
    async with stage() as s, s.browser() as browser:
        await s.says("HTTP/1.1 200 OK\nContent-Length: 3\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n")
        async with browser.get("/") as got:
            assert await got.text() == "hello"
            assert "Content-Length" not in got.headers


async def test_an_early_answer_to_a_long_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too much\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.3)

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000
            await asyncio.sleep(0.05)

    async with stage() as s, s.browser() as browser:
        await s.raw(refuse)
        async with browser.post("/", data=slow()) as answer:
            assert answer.status == 413


async def _smuggled(s: Stage, request: str) -> tuple[bytes, list[bytes]]:
    seen: list[bytes] = []

    async def record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            seen.append(data)
            if b"\r\n\r\n" in b"".join(seen):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    await s.raw(record)
    return await s.exchange(request, await s.cookie()), seen


POST = "POST / HTTP/1.1\nHost: HOST\nCookie: COOKIE\n"
GET = POST.replace("POST", "GET")
EVIL = "GET /evil HTTP/1.1\n\n"


@pytest.mark.parametrize(
    "request_text",
    [f"{POST}Content-Length: 4\nTransfer-Encoding: chunked\n\n0\n\n{EVIL}",
     f"{POST}Content-Length: 4\nContent-Length: 40\n\nabcd{EVIL}", f"{POST}Content-Length: +4\n\nabcd{EVIL}",
     f"{POST}Transfer-Encoding: xchunked\n\n0\n\n{EVIL}", f"{POST}Transfer-Encoding : chunked\n\n0\n\n{EVIL}",
     f"{POST}Transfer-Encoding: chunked\n\nzz\n{EVIL}", f"{POST}Transfer-Encoding: chunked\n\n-1\n{EVIL}",
     f"{GET}Host: other\n\n", f"{GET}X: {'x' * 20_000}\n\n", f"{GET}X: a\n Y: folded\n\n",
     f"GET /{'x' * 20_000} HTTP/1.1\nHost: HOST\nCookie: COOKIE\n\n", "GET / HTTP/9.9\nHost: HOST\n\n", "\0\1\n\n",
     GET + "X: y\n" * 500 + "\n"],
)  # fmt: skip
async def test_a_request_that_can_be_read_in_two_ways_reaches_nobody(request_text: str) -> None:
    async with stage() as s:
        answer, seen = await _smuggled(s, request_text.replace("HOST", f"127.0.0.1:{s.port}"))
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 4")) or not answer
        assert b"GET /evil" not in b"".join(seen)
        assert answer.count(b"HTTP/1.") <= 1


async def test_requests_one_after_another_stay_apart() -> None:
    async with stage() as s:
        await s.application(echoes())
        one = f"POST /1 HTTP/1.1\nHost: 127.0.0.1:{s.port}\nCookie: COOKIE\nContent-Length: 3\n\nabc"
        two = one.replace("/1 ", "/2 ").replace("abc", "def")
        answer = await s.exchange(one + two, await s.cookie())
        assert answer.count(b"HTTP/1.1 200") == 2
        assert answer.index(b'"body": "abc"') < answer.index(b'"body": "def"')
