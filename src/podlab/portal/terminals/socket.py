"""The websocket at which a browser shows a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from podlab.errors import Denied, NotFound, PodlabError
from podlab.portal.terminals import protocol, websocket
from podlab.portal.terminals.protocol import Ack, Ping, Resize
from podlab.portal.terminals.rate import Rate
from podlab.portal.terminals.websocket import WebSocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.portal.terminals.session import Session
    from podlab.portal.terminals.viewer import Access

FRAMES_S = 400
FRAMES_BURST = 4000
"""A browser that shows a flood sends an acknowledgement for 16 KiB; one that pastes, a frame for 16 KiB."""


class Authorise(Protocol):
    """Who asks, and for what? `Denied` and `NotFound` are told so that the browser does not try again."""

    def __call__(self, request: web.Request) -> Awaitable[tuple[Session, Access]]: ...


def endpoint(
    authorise: Authorise, origins: Callable[[web.Request], frozenset[str]]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler for a GET route.

    `origins` names the pages that may open it, such as `https://lab.example:8443`, to the letter. A cookie
    comes along whoever's page opens a websocket, so a request that names another origin, or none, is refused.
    https://datatracker.ietf.org/doc/html/rfc6455#section-10.2
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.getall("Origin", []) not in [[each] for each in origins(request)]:
            raise web.HTTPForbidden(text="this page may not open a terminal here\n")
        socket = await WebSocket.accept(request, protocol.MAX_FRAME_BYTES)
        try:
            session, access = await authorise(request)
        except PodlabError as error:
            socket.start(lambda message: None)
            socket.close(_code(error), error.message)
            await socket.closed()
        else:
            await _show(socket, session, access)
        return socket.response

    return handle


async def _show(socket: WebSocket, session: Session, access: Access) -> None:
    def done() -> None:
        code = websocket.OK if session.exit_code is not None else websocket.SERVICE_RESTART
        socket.close(code, session.ended)

    viewer = session.join(socket.send, access, done, socket.resume)
    rate = Rate(FRAMES_S, FRAMES_BURST, asyncio.get_running_loop().time)

    def take(message: bytes) -> None:
        rate.count()
        if message[:1] == protocol.INPUT and len(message) <= protocol.MAX_FRAME_BYTES:  # each key comes here
            if not session.feed(viewer, message[1:]):
                socket.pause()
            return
        match protocol.decode(message):
            case Ack(size_bytes):
                session.acknowledge(viewer, size_bytes)
            case Resize(columns, rows):
                session.fit(viewer, columns, rows)
            case Ping():
                socket.send(protocol.PONG)

    socket.start(take)
    try:
        await socket.closed()
    finally:
        session.leave(viewer)


def _code(error: PodlabError) -> int:
    match error:
        case Denied():
            return protocol.DENIED
        case NotFound():
            return protocol.GONE
    return websocket.TRY_AGAIN_LATER
