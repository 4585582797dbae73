"""The second listener: whose request is it, to which port of which seat, and the way there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlencode

from aiohttp import web

from podlab.errors import Denied, Invalid, NotFound, PodlabError
from podlab.portal.previews import pages
from podlab.portal.previews.connections import Broken, Connections, Crowded
from podlab.portal.previews.forward import cut, forward, framing, head_of, watched
from podlab.portal.previews.grant import COOKIE_S, TRAINER, Grant, Seals
from podlab.portal.previews.tunnel import tunnel, wants

if TYPE_CHECKING:
    from podlab.engines.base import ByteStream, Engine
    from podlab.portal.previews.place import Place, Spot

PATIENCE_S: Final = 25.0
"""A page that waits for a port asks so long; proxies commonly cut what was idle for 60 s."""
MAX_TARGET: Final = 2000
_REFUSED_METHODS: Final = frozenset({"CONNECT", "TRACE"})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Who has a seat: its pod, and a name for the person that no other person gets."""

    pod: str
    person: str


Tenants = Callable[[int], Tenant]
"""Asked with each request: `NotFound` for a seat that there is not, `Conflict` for one that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A port that the workshop names, and the path at which it begins."""

    port: int
    path: str = "/"


class Previews:
    """`async with Previews(…) as previews`: `application()` for the second listener, `address` for the portal."""

    def __init__(
        self,
        engine: Engine,
        tenants: Tenants,
        place: Place,
        key: bytes,
        *,
        named: Mapping[str, Preview],
        any_port: bool = True,
        is_public: bool = False,
        language: str = "en",
        now: Callable[[], float] = time.time,
    ) -> None:
        """`key` signs tickets and cookies. With `any_port` the owner may see every port of the seat, not only the
        `named` ones. `is_public`: see `headers`."""
        self._engine, self._tenants, self._place = engine, tenants, place
        self._seals = Seals(key)
        self._named, self._any_port, self._is_public = dict(named), any_port, is_public
        self._language, self._now = language, now
        self._stack = AsyncExitStack()
        self._connections = Connections(self._dial)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._connections)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    # --- for the portal

    def port(self, name: str) -> int:
        """The port of a preview that the workshop names, or that has this number. `NotFound`, `Denied`."""
        if name in self._named:
            return self._named[name].port
        if not (name.isascii() and name.isdigit() and len(name) <= 5 and 1 <= int(name) <= 65535):
            raise NotFound(f"the workshop has no preview {name!r}", subject=name)
        if not self._any_port and int(name) not in (each.port for each in self._named.values()):
            raise Denied(f"port {name} is none of the workshop's previews", subject=name)
        return int(name)

    def address(self, seat: int, name: str, host: str, *, person: str | None, target: str = "") -> str:
        """Where a browser that sees the portal at `host` (its header `Host`) sees a preview now: good for one use
        within `TICKET_S`. `person` is whoever asks, None the trainer; `target` a path with its query, else the
        preview's own.

        The portal asks this after it has signed in whoever asks, and never shows the address to anybody else.
        """
        port = self.port(name)
        holder = TRAINER if person is None else self._seals.holder(person)
        grant = Grant(seat=seat, port=port, holder=holder)
        # A path that begins with two slashes would be another host.
        target = "/" + target.lstrip("/\\") if target.strip("/") else ""
        if not target or len(target) > MAX_TARGET:
            target = self._named[name].path if name in self._named else "/"
        ticket = self._seals.ticket(grant, target, self._now())
        return f"{self._place.origin(grant, host, self._seals)}{pages.ENTER}?{urlencode({'ticket': ticket})}"

    def sources(self, host: str) -> str:
        """For `frame-src` in the policy of a page that shows previews, besides `'self'`."""
        return self._place.sources(host)

    # --- for the second listener

    def application(self) -> web.Application:
        """All of a second listener. It has no middlewares, and must get none of the portal's."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        app.on_response_prepare.append(pages.anonymous)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        spot = self._place.spot(request.host)
        if spot is None:
            return pages.page(request, None, HTTPStatus.MISDIRECTED_REQUEST, "nowhere", self._language)
        if request.method in _REFUSED_METHODS:
            raise web.HTTPMethodNotAllowed(request.method, [])
        if request.path == pages.ENTER:
            return self._enter(request, spot)
        grant = self._seals.admitted(request.cookies.get(spot.cookie, ""), self._now())
        if grant is None or not self._place.admits(request.host, grant, self._seals):
            return pages.page(request, spot, HTTPStatus.FORBIDDEN, "stranger", self._language)
        try:
            pod = self._pod(grant)
        except PodlabError:
            return pages.page(request, spot, HTTPStatus.FORBIDDEN, "gone", self._language)
        try:
            if request.path.startswith(pages.RESERVED):
                return await self._own(request, spot, pod, grant.port)
            if spot.is_shared and request.headers.get("Service-Worker") == "script":
                # It would go on to answer for what is seen at this origin next.
                return web.Response(
                    status=HTTPStatus.FORBIDDEN, text="no service workers at a shared origin\n"
                )
            return await self._pass_on(request, spot, pod, grant.port)
        except PodlabError as error:
            return self._failed(request, spot, grant.port, error)

    def _pod(self, grant: Grant) -> str:
        """`Denied` where the seat is somebody else's by now, else what the tenants raise."""
        tenant = self._tenants(grant.seat)
        if grant.holder not in (TRAINER, self._seals.holder(tenant.person)):
            raise Denied(f"seat {grant.seat} is somebody else's now", subject=str(grant.seat))
        return tenant.pod

    def _enter(self, request: web.Request, spot: Spot) -> web.StreamResponse:
        """A ticket becomes a cookie, and vanishes from the address."""
        before = self._seals.admitted(request.cookies.get(spot.cookie, ""), self._now())
        ticket = self._seals.redeem(request.query.get("ticket", ""), self._now())
        if ticket is None or not self._place.admits(request.host, ticket.grant, self._seals):
            return pages.page(request, spot, HTTPStatus.FORBIDDEN, "expired", self._language)
        answer = web.Response(
            status=HTTPStatus.SEE_OTHER,
            headers={
                "Location": ticket.target,
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
            },
        )
        if spot.is_shared and before != ticket.grant:
            # What another application left at this origin. Not its cookies: they are the portal's host's.
            # https://w3c.github.io/webappsec-clear-site-data/
            answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        kind = "Secure; SameSite=None; Partitioned" if spot.is_foreign else "Secure; SameSite=Lax"
        answer.headers["Set-Cookie"] = (
            f"{spot.cookie}={self._seals.cookie(ticket.grant, self._now())}; Path=/; HttpOnly; "
            f"Max-Age={COOKIE_S:.0f}; {kind if spot.is_secure else 'SameSite=Lax'}"
        )
        return answer

    async def _own(self, request: web.Request, spot: Spot, pod: str, port: int) -> web.StreamResponse:
        if request.path != pages.LISTENS or request.method != "POST":
            raise web.HTTPNotFound(text="there is nothing at this address\n")
        # The connection is kept for the page that asks next: a server may take no more than one.
        async with watched(request), self._connections.to(pod, port, fresh=True, patience_s=PATIENCE_S):
            return web.Response(status=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})

    async def _pass_on(self, request: web.Request, spot: Spot, pod: str, port: int) -> web.StreamResponse:
        upgrade = wants(request)
        more = upgrade or framing(request)
        head = head_of(request, spot, port, is_public=self._is_public, more=more)
        can_be_repeated = request.method in _REPEATABLE and not request.body_exists and not upgrade
        try:
            async with watched(request) as watch:
                while True:
                    async with self._connections.to(pod, port, fresh=not can_be_repeated) as connection:
                        was_used = connection.was_used
                        try:
                            if upgrade:
                                return await tunnel(request, connection, head, spot, port, watch)
                            return await forward(request, connection, head, spot, port, watch)
                        except Broken:
                            if not was_used:
                                raise
                    can_be_repeated = (
                        False  # the application had ended that connection; once more, with a new one
                    )
        except TimeoutError:
            if request.writer.output_size:
                cut(request)
            return pages.page(request, spot, HTTPStatus.GATEWAY_TIMEOUT, "slow", self._language, port=port)
        except ConnectionError:
            cut(request)  # the browser has gone
            return web.Response(status=HTTPStatus.BAD_GATEWAY)

    def _failed(self, request: web.Request, spot: Spot, port: int, error: PodlabError) -> web.StreamResponse:
        status, name = HTTPStatus.SERVICE_UNAVAILABLE, "silent"
        match error:
            case Invalid():
                status, name = HTTPStatus.BAD_REQUEST, "nonsense"
            case Broken():
                status, name = HTTPStatus.BAD_GATEWAY, "broken"
            case Crowded():
                status, name = HTTPStatus.TOO_MANY_REQUESTS, "crowded"
        response = pages.page(request, spot, status, name, self._language, port=port)
        if request.body_exists:
            response.force_close()
        return response

    async def _dial(self, pod: str, port: int, patience_s: float) -> ByteStream:
        return await self._engine.dial(pod, port, patience_s=patience_s)


PREVIEWS: Final = web.AppKey("previews", Previews)
