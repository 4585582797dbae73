"""Previews in Chromium: what the browser itself allows and forbids. No engine: the servers stand on this machine."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from playwright.async_api import Browser, FrameLocator, Page

from podlab.portal import certificate
from podlab.portal.previews import PREVIEWS
from podlab.portal.previews.routes import _led
from podlab.workshop.seat import SeatId
from tests.browser.conftest import PATIENCE_MS, launched, window
from tests.portal.previews.stage import APP, Stage, stage

pytestmark = pytest.mark.long

SANDBOX = (
    "allow-downloads allow-forms allow-modals allow-pointer-lock allow-popups allow-same-origin allow-scripts"
)
"""As `web/src/previews/preview.ts` has it."""
PAGE = """<!doctype html><link rel="icon" href="data:,">
<script type="module" src="/static/app.js"></script><p id="told">…</p>"""
SCRIPT = """
const told = {};
const tried = async (name, what) => { try { told[name] = await what(); } catch (error) { told[name] = error.name; } };
await tried("fetch", async () => (await fetch("/api")).text());
await tried("socket", () => new Promise((done, failed) => {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
  socket.onopen = () => socket.send("hello");
  socket.onmessage = (event) => done(event.data);
  socket.onerror = () => failed(new Error());
}));
await tried("storage", () => { localStorage.x = "1"; return localStorage.x; });
await tried("cookie", () => { document.cookie = "podlab-seat=evil; path=/"; document.cookie = "mine=1"; });
await tried("toss", () => {
  document.cookie = "__Host-Http-podlab-seat=evil; Secure; Path=/";
  return document.cookie.includes("Http");
});
await tried("cookies", async () => (await fetch("/cookies")).text());
await tried("portal", async () => (await fetch("HOST/secret", { credentials: "include" })).text());
await tried("top", () => { top.location = location.origin + "/stolen"; return "led away"; });
await tried("page", () => top.document.title);
await tried("worker", async () => { await navigator.serviceWorker.register("/sw.js"); return "registered"; });
document.querySelector("#told").textContent = JSON.stringify(told);
"""


def application(portal: str) -> web.Application:
    async def answer(request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/":
                response = web.Response(
                    text=PAGE, content_type="text/html", headers={"X-Frame-Options": "DENY"}
                )
                response.set_cookie("sid", "1", httponly=True)
                response.set_cookie("podlab-seat", "evil")
                return response
            case "/static/app.js":
                return web.Response(text=SCRIPT.replace("HOST", portal), content_type="text/javascript")
            case "/sw.js":
                return web.Response(text="", content_type="text/javascript")
            case "/api":
                return web.Response(text="fetched")
            case "/cookies":
                return web.Response(text=request.headers.get("Cookie", ""))
            case "/login":
                return web.Response(status=302, headers={"Location": f"http://localhost:{APP}/done"})
            case "/ws":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                async for message in socket:
                    await socket.send_str(message.data)
                return socket
        return web.Response(text=request.path)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Finds every `….test` on this machine."""
    async with launched("--host-resolver-rules=MAP *.test 127.0.0.1") as browser:
        yield browser


@asynccontextmanager
async def portal(
    host: str, names: str = "", context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Stage, str]]:
    """A portal that shows one preview, signed in by a cookie, with the policies of the real one. And its address."""
    port = unused_port()
    at = f"{'https' if context else 'http'}://{host}:{port}"
    async with stage(names=names, portal=at, context=context) as s, _answering(s, port, context):
        yield s, at


@asynccontextmanager
async def _answering(s: Stage, port: int, context: ssl.SSLContext | None) -> AsyncIterator[None]:
    seen: list[str] = []

    async def page(request: web.Request) -> web.StreamResponse:
        response = web.Response(
            text=f'<!doctype html><title>Portal</title><link rel="icon" href="data:,">'
            f'<iframe title="x" sandbox="{SANDBOX}" src="/seat/previews/app/"></iframe>',
            content_type="text/html",
        )
        sources = s.previews.sources(request.host)
        response.headers["Content-Security-Policy"] = f"default-src 'none'; frame-src 'self' {sources}"
        response.set_cookie("podlab-seat", "secret", httponly=True, samesite="Lax")
        return response

    async def preview(request: web.Request) -> web.StreamResponse:
        seen.append(request.cookies.get("podlab-seat", ""))
        return _led(request, SeatId(1), "ann")

    app = web.Application()
    app[PREVIEWS] = s.previews
    app.router.add_get("/", page)
    app.router.add_get("/seat/previews/{name:[^/]+}{target:(?:/.*)?}", preview)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    yield
    await runner.cleanup()
    assert set(seen) <= {"secret", ""}  # an application has not signed anybody in as somebody else


async def told(frame: Page | FrameLocator) -> dict[str, str]:
    place = frame.locator("#told", has_text="{")
    await place.wait_for()
    found: dict[str, str] = json.loads(await place.inner_text())
    return found


@pytest.mark.parametrize(
    ("names", "host"),
    [("", "127.0.0.1"), ("", "lab.test TLS"), ("http://*.lab.test:PORT", "lab.test"),
     ("https://*.lab.test:PORT", "lab.test TLS"), ("http://*.localhost:PORT", "localhost"),
     ("https://*.previews.test:PORT", "lab.test TLS")],
    ids=["a second port", "a second port, TLS", "names below the portal's", "names below the portal's, TLS",
         "names on another site", "names on another site, TLS"],
)  # fmt: skip
async def test_an_application_works_and_is_held(
    chromium: Browser, names: str, host: str, tmp_path: Path
) -> None:  # fmt: skip
    is_foreign = ".localhost" in names or ".previews" in names
    host, _, tls = host.partition(" ")
    context = certificate.context(certificate.self_signed(tmp_path / "lab.pem", [host])) if tls else None
    async with portal(host, names, context) as (s, at):
        await s.application(application(at))
        page = await (await window(chromium, ignore_https_errors=True)).new_page()
        await page.goto(f"{at}/")
        found = await told(page.frame_locator("iframe"))
        assert found["fetch"] == "fetched"
        assert found["socket"] == "hello"
        # A browser that keeps nothing of other sites in a frame keeps partitioned cookies, but no script's.
        assert found["storage"] == ("SecurityError" if is_foreign else "1")
        assert sorted(found["cookies"].split("; ")) == (["sid=1"] if is_foreign else ["mine=1", "sid=1"])
        assert not found["toss"]
        assert found["portal"] == "TypeError"
        assert found["page"] == "SecurityError"
        assert found["worker"] != "registered"
        assert page.url == f"{at}/"
        await page.reload()  # the cookies that the application has set change nothing
        assert (await told(page.frame_locator("iframe")))["fetch"] == "fetched"

        tab = await page.context.new_page()
        await tab.goto(f"{at}/seat/previews/app/login?next=/x")
        assert tab.url.endswith("/done")
        assert "ticket" not in tab.url
        assert await tab.locator("body").inner_text() == "/done"


@pytest.mark.parametrize("names", ["", "http://*.localhost:PORT"])
async def test_a_page_waits_for_its_server(chromium: Browser, names: str) -> None:
    async with portal("localhost", names) as (s, at):
        page = await (await window(chromium, language="de")).new_page()
        await page.goto(f"{at}/")
        frame = page.frame_locator("iframe")
        await frame.get_by_role("heading", name=f"Auf Port {APP} lauscht").wait_for(timeout=PATIENCE_MS)
        await s.application(application(at))
        assert (await told(frame))["socket"] == "hello"


async def test_only_the_portal_may_frame_it(chromium: Browser) -> None:
    async with portal("localhost") as (s, at):
        await s.application(application(at))
        context = await window(chromium)
        page = await context.new_page()
        await page.goto(f"{at}/seat/previews/app/done")
        inner = page.url

        async def framed(request: web.Request) -> web.Response:
            return web.Response(text=f'<iframe src="{inner}"></iframe>', content_type="text/html")

        app = web.Application()
        app.router.add_get("/", framed)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        port = unused_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            await page.goto(f"http://localhost:{port}/")
        await runner.cleanup()
