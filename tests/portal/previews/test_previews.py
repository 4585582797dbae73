"""Who sees what, and where."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from podlab.errors import Denied, NotFound
from podlab.portal.previews import Grant, Tenant
from podlab.portal.previews import previews as previews_module
from podlab.portal.previews.grant import COOKIE_S, TICKET_S, Seals
from tests.portal.previews.stage import APP, stage

HTML = {"Accept": "text/html,*/*"}
HELLO = "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"


async def test_a_ticket_becomes_a_cookie_and_leaves_the_address() -> None:
    async with stage() as s, s.browser(None) as browser:
        heads = await s.says(HELLO)
        address = s.address(target="/a/b?c=d")
        async with browser.get(address, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/a/b?c=d")
            cookie = answer.headers["Set-Cookie"]
            assert cookie.startswith(f"podlab-preview-{s.port}=")
            assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
            assert "Domain" not in cookie
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        async with browser.get("/a/b?c=d") as answer:
            assert await answer.text() == "hello"
        assert heads[0].startswith(b"GET /a/b?c=d HTTP/1.1\r\n")
        assert b"podlab" not in heads[0]


async def test_a_ticket_counts_once_and_not_for_long() -> None:
    async with stage() as s:
        await s.says(HELLO)
        first, late = s.address(), s.address()
        async with s.browser(None) as browser, browser.get(first) as answer:
            assert answer.status == 200
        async with s.browser(None) as browser, browser.get(first, headers=HTML) as answer:
            assert answer.status == 403
            assert "expired" in await answer.text()
        s.clock[0] += TICKET_S
        async with s.browser(None) as browser, browser.get(late) as answer:
            assert answer.status == 403


@pytest.mark.long
async def test_a_cookie_of_any_bytes_is_no_mistake_of_ours() -> None:
    async with stage() as s:
        own = f"podlab-preview-{s.port}".encode()
        for value in (b"\xff", b"\xff.\xff", b"e30.\xc3", b'"a.b"', b".", b"."):
            head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %b=%b\r\n\r\n" % (s.port, own, value)
            answer = await s.exchange(head)
            assert answer.startswith(b"HTTP/1.1 403 "), value
            assert b"Server:" not in answer


async def test_without_a_cookie_nothing_is_seen() -> None:
    async with stage() as s, s.browser(None) as browser:
        heads = await s.says(HELLO)
        for path in ("/", "/x", "/.podlab/listens", "/.podlab/enter", "/.podlab/enter?ticket=x.y"):
            async with browser.get(path, headers=HTML) as answer:
                assert answer.status == 403
                assert "http://127.0.0.1:8000/" in await answer.text()  # the way back
        assert not heads


async def test_a_cookie_is_good_for_its_seat_and_port_and_half_a_day() -> None:
    async with stage(ports=2) as s, s.browser() as browser:
        await s.says(HELLO)
        heads = await s.says(HELLO, port=3000)
        async with browser.get("/") as answer:
            assert answer.status == 200
        cookie = next(iter(browser.cookie_jar))
        other = URL(s.address("docs"))
        assert other.port != s.port
        async with aiohttp.ClientSession(cookies={f"podlab-preview-{other.port}": cookie.value}) as thief:
            assert (await thief.get(other.with_path("/"))).status == 403
        assert not heads
        s.clock[0] += COOKIE_S
        async with browser.get("/") as answer:
            assert answer.status == 403


async def test_two_previews_beside_each_other() -> None:
    async with stage(ports=2) as s, s.browser() as browser:
        await s.says(HELLO)
        await s.says(HELLO.replace("hello", "docs!"), port=3000)
        async with browser.get(s.address("docs")) as answer:
            assert (answer.url.path, await answer.text()) == ("/start", "docs!")
        async with browser.get("/") as answer:
            assert await answer.text() == "hello"


async def test_a_seat_that_is_anothers_by_now_shows_nothing() -> None:
    async with stage() as s, s.browser() as browser, s.browser(person=None) as trainers:
        await s.says(HELLO)
        s.tenants[1] = Tenant(pod="lab-01", person="carl")
        async with browser.get("/", headers=HTML) as answer:
            assert answer.status == 403
            assert "somebody else" in await answer.text()
        async with trainers.get("/") as answer:
            assert await answer.text() == "hello"
        del s.tenants[1]
        async with trainers.get("/") as answer:
            assert answer.status == 403


async def test_nobody_is_called_trainer() -> None:
    assert Seals(b"k").holder("trainer") != "trainer"
    async with stage() as s, s.browser(person="trainer") as browser:
        await s.says(HELLO)
        async with browser.get("/") as answer:
            assert answer.status == 403


async def test_what_other_seats_left_behind_is_cleared() -> None:
    async with stage() as s, s.browser(person=None) as browser:
        async with browser.get(s.address(person=None), allow_redirects=False) as answer:
            assert "Clear-Site-Data" not in answer.headers
        async with browser.get(s.address(seat=2, person=None), allow_redirects=False) as answer:
            assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'  # but not cookies


async def test_no_service_worker_at_a_shared_origin() -> None:
    async with stage() as s, s.browser() as browser:
        heads = await s.says(HELLO)
        async with browser.get("/sw.js", headers={"Service-Worker": "script"}) as answer:
            assert answer.status == 403
        assert not heads


async def test_names_are_origins_of_their_own() -> None:
    async with stage(names="http://*.localhost:PORT") as s:
        heads = await s.says(HELLO)
        at = URL(s.address())
        assert at.host and at.host.startswith("8080-1-") and at.host.endswith(".localhost")
        here = URL(f"http://127.0.0.1:{s.port}")
        host = {"Host": f"{at.host}:{s.port}"}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            async with browser.get(
                here.join(URL(at.raw_path_qs)), headers=host, allow_redirects=False
            ) as answer:
                cookie = answer.headers["Set-Cookie"]
                assert cookie.startswith("__Host-Http-podlab-preview=")
                assert cookie.endswith("; Secure; SameSite=None; Partitioned")
                assert "Clear-Site-Data" not in answer.headers
            kept = {"Cookie": cookie.partition(";")[0]}
            async with browser.get(here, headers=host | kept) as answer:
                assert await answer.text() == "hello"
                assert "Cache-Control" not in answer.headers
            async with browser.get(
                here / "sw.js", headers=host | kept | {"Service-Worker": "script"}
            ) as answer:
                assert answer.status == 200
            for other in ("8081-1-", "8080-2-"):
                elsewhere = {"Host": host["Host"].replace("8080-1-", other)}
                async with browser.get(here, headers=elsewhere | kept) as answer:
                    assert answer.status == 403
            async with browser.get(here, headers={"Host": "lab.example:8000"} | kept) as answer:
                assert answer.status == 421
        assert len(heads) == 2


async def test_any_port_of_ones_own_seat() -> None:
    async with stage() as s:
        await s.says(HELLO, port=9000)
        async with s.browser("9000") as browser, browser.get("/") as answer:
            assert await answer.text() == "hello"
        for name in ("nothing", "0", "65536", "123456", "٣", "", "-1"):
            with pytest.raises(NotFound):
                s.address(name)
    async with stage(any_port=False) as s:
        assert s.previews.port(str(APP)) == APP
        with pytest.raises(Denied):
            s.address("9000")


@pytest.mark.parametrize(
    "target", ["//evil.example/x", "/\\evil.example", "\\\\evil.example/", "///evil.example"]
)
async def test_a_path_leads_nowhere_else(target: str) -> None:
    async with stage() as s, s.browser(None) as browser:
        async with browser.get(s.address(target=target), allow_redirects=False) as answer:
            location = answer.headers["Location"]
        assert URL(s.address()).join(URL(location)).host == "127.0.0.1"
        assert location.startswith("/") and location[1:2] not in ("/", "\\")


async def test_a_port_where_nobody_listens_gets_a_page_that_waits() -> None:
    async with stage() as s, s.browser() as browser:
        async with browser.get("/x", headers=HTML) as answer:
            assert answer.status == 503
            text = await answer.text()
            assert f"Nothing listens on port {APP} in this seat yet" in text
            policy = answer.headers["Content-Security-Policy"]
            nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
            assert f'<script type="module" nonce="{nonce}">' in text
            assert "frame-ancestors 'self' http://127.0.0.1:8000" in policy
        async with browser.get("/x", headers=HTML | {"Accept-Language": "de"}) as answer:
            assert f"Auf Port {APP} lauscht" in await answer.text()
        async with browser.get("/x.json", headers={"Sec-Fetch-Dest": "empty"} | HTML) as answer:
            assert (answer.status, answer.content_type) == (503, "text/plain")
        asking = asyncio.create_task(_status(browser, "/.podlab/listens"))
        await asyncio.sleep(0.2)
        assert not asking.done()
        await s.says(HELLO)
        assert await asking == 204
        dialled = s.world.dialled
        async with browser.get("/x") as answer:
            assert await answer.text() == "hello"
        assert s.world.dialled == dialled  # a server that takes one connection has not lost it


async def test_asking_for_a_port_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews_module, "PATIENCE_S", 0.1)
    async with stage() as s, s.browser() as browser:
        assert await _status(browser, "/.podlab/listens") == 503
        async with browser.get("/.podlab/listens") as answer:
            assert answer.status == 404
        async with browser.get("/.podlab/other") as answer:
            assert answer.status == 404


async def _status(browser: aiohttp.ClientSession, path: str) -> int:
    async with browser.post(path) as answer:
        return answer.status


async def test_a_hostile_application() -> None:
    """It wants the portal's cookies, to set them, to sign people out, to be framed elsewhere, and to lead away."""

    async def hostile(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        response = web.Response(text="hi", headers={"Clear-Site-Data": '"*"', "X-Frame-Options": "ALLOWALL",
            "Content-Security-Policy": "frame-ancestors *", "Strict-Transport-Security": "max-age=9"})  # fmt: skip
        for cookie in ("podlab-seat=evil; Path=/", "__Host-podlab-seat=evil; Secure; Path=/", "=podlab-seat=evil",
                       f"podlab-preview-{s.port}=evil", "mine=1; Domain=127.0.0.1; Path=/"):  # fmt: skip
            response.headers.add("Set-Cookie", cookie)
        return response

    seen: list[dict[str, str]] = []
    app = web.Application()
    app.router.add_get("/", hostile)
    async with stage() as s, s.browser() as browser:
        await s.application(app)
        browser.cookie_jar.update_cookies(
            {"podlab-seat": "secret", "podlab-trainer": "secret"}, URL(f"http://127.0.0.1:{s.port}")
        )
        for _ in range(2):
            async with browser.get("/") as answer:
                assert answer.headers.getall("Set-Cookie") == ["mine=1; Path=/"]
                assert (
                    answer.headers["Content-Security-Policy"]
                    == "frame-ancestors 'self' http://127.0.0.1:8000"
                )
                assert not {"Clear-Site-Data", "X-Frame-Options", "Strict-Transport-Security"} & set(
                    answer.headers
                )
        assert "Cookie" not in seen[0]
        assert seen[1]["Cookie"] == "mine=1"
        jar = {each.key: each.value for each in browser.cookie_jar}
        assert jar["podlab-seat"] == "secret"


async def test_a_redirect_to_the_portal_carries_no_ticket_and_no_cookie() -> None:
    async with stage() as s, s.browser() as browser:
        await s.says("HTTP/1.1 307 Go\nLocation: http://127.0.0.1:8000/trainer/api/x\nContent-Length: 0\n\n")
        async with browser.post("/", data=b"x", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "http://127.0.0.1:8000/trainer/api/x"
            assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
async def test_some_methods_are_nobodys(method: str) -> None:
    async with stage() as s:
        heads = await s.says(HELLO)
        answer = await s.exchange(
            f"{method} / HTTP/1.1\nHost: 127.0.0.1:{s.port}\nCookie: COOKIE\n\n", await s.cookie()
        )
        assert answer.startswith((b"HTTP/1.1 405", b"HTTP/1.1 404"))
        assert not heads


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=80), st.binary(max_size=20))
def test_what_we_have_not_sealed_opens_nothing(text: str, noise: bytes) -> None:
    seals = Seals(b"key")
    grant = Grant(seat=1, port=80, holder="p-x")
    cookie, ticket = seals.cookie(grant, 0), seals.ticket(grant, "/", 0)
    for forged in (
        text,
        f"{text}.{text}",
        cookie + text[:1] if text else "",
        ticket,
        noise.decode("latin-1"),
    ):
        assert seals.admitted(forged, 0) is None
    for forged in (text, cookie, Seals(b"other").ticket(grant, "/", 0)):
        assert seals.redeem(forged, 0) is None
    assert seals.admitted(cookie, 0) == grant


REQUEST_PARTS = st.sampled_from([
    b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.1\r\n", b"Host: HOST\r\n", b"Cookie: COOKIE\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Content-Length: 0\r\n", b"\r\n",
    b"5\r\nhello\r\n", b"0\r\n\r\n", b"ffffffffffffffffff\r\n", b"hello", b"\x00", b": x\r\n", b" folded\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n", b"Connection: close, Host, Cookie\r\n", b"\n",
    b"Expect: 100-continue\r\n",
    b"Content-Encoding: gzip\r\n", b"GET http://other/ HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n", b"GET * HTTP/1.1\r\n",
    b"GET /\xff\xc3 HTTP/1.1\r\n", b"X: \xff\xfe\r\n", b"Host: HOST\r\nCookie: COOKIE\r\n\r\n",
])  # fmt: skip


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(REQUEST_PARTS, min_size=1, max_size=12))
def test_no_bytes_harm_the_proxy(parts: list[bytes]) -> None:
    """What reaches the application is HTTP with one length, never one request within another."""

    async def fuzz() -> None:
        heads: list[bytes] = []

        async def strict(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except asyncio.IncompleteReadError:
                    return
                heads.append(head)
                lower = head.lower()
                if b"transfer-encoding: chunked" in lower:
                    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
                        await reader.readexactly(size + 2)
                    await reader.readexactly(2)
                elif b"content-length: 5" in lower:
                    await reader.readexactly(5)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        async with stage() as s:
            await s.raw(strict)
            host = f"127.0.0.1:{s.port}".encode()
            async with s.browser() as browser:
                cookie = "; ".join(f"{each.key}={each.value}" for each in browser.cookie_jar)
                reader, writer = await asyncio.open_connection("127.0.0.1", s.port)
                writer.write(b"".join(parts).replace(b"HOST", host).replace(b"COOKIE", cookie.encode()))
                writer.write_eof()
                try:
                    async with asyncio.timeout(0.3):
                        await reader.read(-1)
                except (TimeoutError, ConnectionError):
                    pass
                writer.transport.abort()
                async with browser.get("/alive") as answer:
                    assert await answer.text() == "ok"
        for head in heads:
            lower = head.lower()
            assert lower.split(b" ", 1)[0] in (b"get", b"post", b"options"), head
            assert lower.count(b"\r\nhost:") == 1
            assert lower.count(b"content-length:") + lower.count(b"transfer-encoding:") <= 1
            assert b"podlab" not in lower

    asyncio.run(fuzz())
