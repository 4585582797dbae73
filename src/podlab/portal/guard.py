"""What holds for every request: who may change things, how often, and what a browser may do with the answer."""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from podlab.errors import Denied
from podlab.portal import visitors
from podlab.portal.classroom import CLASSROOM

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_INS: Final = frozenset({"/enter", "/trainer/sign-in"})
"""Nobody has a session here yet, so there is no token: the origin is what protects them."""
CHANGES_S, CHANGES_BURST = 10.0, 200
"""By one visitor. A page that runs all checks at once sends some tens."""
MOST_VISITORS: Final = 10_000
POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src-elem": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy"""
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(**changes: str) -> str:
    """The policy of a page, with other words for some of its directives: `frame_src="…"`."""
    words = POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in words.items())


def origins(request: web.Request) -> frozenset[str]:
    """The pages that may change something here: our own, by whatever name the browser knows us.

    A page of another name cannot have our cookies, which are for this host alone.
    """
    settings = request.app[CLASSROOM].settings
    scheme = "https" if settings.is_secure else "http"
    return frozenset({settings.public_url, f"{scheme}://{request.host}"})


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A change is asked for by our own page and with its token, or with the trainer's API token."""
    if request.method in SAFE or visitors.has_token(request):
        return await handler(request)
    if request.headers.get("Origin") not in origins(request):
        raise Denied("this page may not change anything here", hint="open the portal itself")
    if request.path not in SIGN_INS:
        await _require_token(request)
    return await handler(request)


async def _require_token(request: web.Request) -> None:
    token = request.headers.get("X-CSRF-Token", "")
    if not token and request.content_type == "application/x-www-form-urlencoded":
        token = str((await request.post()).get("csrf", ""))
    if not hmac.compare_digest(token.encode(), visitors.csrf(request).encode()):
        raise Denied("the page is too old to change anything", hint="reload it")


class Pace:
    """How many changes each visitor may ask for: a token bucket for each."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, now: float) -> bool:
        left, since = self._left.pop(who, (float(CHANGES_BURST), now))
        left = min(float(CHANGES_BURST), left + (now - since) * CHANGES_S)
        self._left[who] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST_VISITORS:
            self._left.popitem(last=False)
        return left >= 1


PACE: Final = web.AppKey("pace", Pace)


@web.middleware
async def bounded_rate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who has no session yet counts by address, and many may share one: `Admission` counts their failures."""
    if request.method not in SAFE and request.path not in SIGN_INS:
        name = visitors.cookie(request).name
        who = request.cookies.get(name) or visitors.address(request)
        if not request.app[PACE].take(who, asyncio.get_running_loop().time()):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "1"})
    return await handler(request)


async def headers(request: web.Request, response: web.StreamResponse) -> None:
    """Sent with everything, unless the handler says something else."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", policy())
    response.headers.setdefault("Cache-Control", "no-store")
    if request.app[CLASSROOM].settings.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=86400")
    response.headers.popall("Server", None)
