"""The few pages that previews have of their own."""

from __future__ import annotations

import secrets
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE

from podlab.portal import language

if TYPE_CHECKING:
    from podlab.portal.previews.place import Spot

RESERVED: Final = "/.podlab/"
"""Paths of a preview's origin that are ours, never the application's."""
ENTER: Final = RESERVED + "enter"
LISTENS: Final = RESERVED + "listens"

_STYLE: Final = """
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; font: 1rem/1.5 system-ui, sans-serif;
  color: light-dark(#1b2127, #dfe5ea); background: light-dark(#fff, #14181d) }
main { max-width: 34rem; padding: 2rem }
h1 { font-size: 1.3rem; margin: 0 0 .5rem }
p { margin: .5rem 0; color: light-dark(#53606c, #9aa7b3) }
a { color: light-dark(#0b62b8, #6cb6ff) }
"""
# Asks until somebody listens; each question waits in the pod, so that the page is there at once and costs nothing.
_SCRIPT: Final = """
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
for (;;) {
  try {
    const answer = await fetch(%s, { method: "POST" });
    if (answer.status !== 503) break;
    await pause(1000);
  } catch {
    await pause(3000);
  }
}
location.reload();
"""


def page(
    request: web.Request, spot: Spot | None, status: HTTPStatus, name: str, otherwise: str, **values: object
) -> web.Response:
    """The page `preview.NAME`; a line of text for what is no page of its own. One with status 503 reloads itself."""
    tongue = language.chosen(request, otherwise)
    words = language.catalogue(tongue)
    title, text = (words[f"preview.{name}.{part}"].format(**values) for part in ("title", "text"))
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    waits = status is HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET" and spot is not None
    if waits:
        headers["Retry-After"] = "2"
    if not is_page(request):
        return web.Response(status=status, text=f"{title}. {text}\n", headers=headers)
    nonce = secrets.token_urlsafe(12)
    ancestors = f"'self' {spot.portal}" if spot else "'none'"
    headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    script = f'<script type="module" nonce="{nonce}">{_SCRIPT % repr(LISTENS)}</script>' if waits else ""
    refresh = '<noscript><meta http-equiv="refresh" content="5"></noscript>' if waits else ""
    link = (
        spot
        and f'<p><a href="{escape(spot.portal)}/" target="_top">{escape(words["preview.portal"])}</a></p>'
    )
    body = f"""<!doctype html>
<html lang="{escape(tongue)}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>{refresh}
<style nonce="{nonce}">{_STYLE}</style>
<main><h1>{escape(title)}</h1><p role="status">{escape(text)}</p>{"" if waits else link or ""}</main>{script}
"""
    return web.Response(status=status, text=body, content_type="text/html", charset="utf-8", headers=headers)


async def anonymous(request: web.Request, response: web.StreamResponse) -> None:
    """Answers of our own tell nobody what made them; those of applications say what they say (`forward.Answer`)."""
    if response.headers.get("Server") == SERVER_SOFTWARE:
        del response.headers["Server"]


def is_page(request: web.Request) -> bool:
    """Whether somebody will look at the answer.
    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Dest"""
    wanted = request.headers.get("Sec-Fetch-Dest", "document")
    return wanted in ("document", "iframe", "frame") and "text/html" in request.headers.get("Accept", "")
