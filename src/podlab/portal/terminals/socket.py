"""The websocket at which a browser shows a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from podlab.errors import Denied, Invalid, NotFound, PodlabError
from podlab.portal.terminals import framing, protocol
from podlab.portal.terminals.protocol import Ack, Input, Ping, Resize
from podlab.portal.terminals.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.portal.terminals.session import Session
    from podlab.portal.terminals.viewer import Access, Viewer

KEEPALIVE_S = 25.0
"""Proxies commonly cut what was idle for 60 s; a browser that answers no ping for half of it is gone."""
FRAMES_S = 400
FRAMES_BURST = 4000
"""A browser that shows a flood sends an acknowledgement for 16 KiB; one that pastes, a frame for 16 KiB."""
MAX_UNSENT_BYTES = 1 << 20
"""The window bounds the output. Beyond, it is somebody who asks and does not read."""


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
        socket = web.WebSocketResponse(
            heartbeat=KEEPALIVE_S, max_msg_size=protocol.MAX_FRAME_BYTES, compress=False, autoping=True
        )
        if not socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket"}, text="a websocket is needed\n")
        await socket.prepare(request)
        try:
            session, access = await authorise(request)
        except Denied as error:
            await socket.close(code=protocol.DENIED, message=_reason(error))
        except NotFound as error:
            await socket.close(code=protocol.GONE, message=_reason(error))
        except PodlabError as error:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=_reason(error))
        else:
            await _serve(request, socket, session, access)
        return socket

    return handle


async def _serve(
    request: web.Request, socket: web.WebSocketResponse, session: Session, access: Access
) -> None:
    transport = request.transport
    if transport is None:
        return

    def write(data: bytes) -> None:
        if socket.closed or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            transport.abort()
            return
        transport.write(data)

    def send(frame: bytes) -> None:
        write(framing.binary(frame))

    def done() -> None:
        code = WSCloseCode.OK if session.exit_code is not None else WSCloseCode.SERVICE_RESTART
        write(framing.close(code, session.ended))

    viewer = session.join(send, access, done)
    try:
        await _receive(socket, session, viewer, send)
    except Invalid as error:
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=_reason(error))
    except PodlabError as error:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=_reason(error))
    finally:
        session.leave(viewer)


async def _receive(
    socket: web.WebSocketResponse, session: Session, viewer: Viewer, send: Callable[[bytes], None]
) -> None:
    rate = Rate(FRAMES_S, FRAMES_BURST, asyncio.get_running_loop().time)
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            raise Invalid("a terminal takes binary messages only")
        rate.count()
        match protocol.decode(message.data):
            case Input(data):
                await session.type(viewer, data)
            case Ack(size_bytes):
                session.acknowledge(viewer, size_bytes)
            case Resize(columns, rows):
                await session.resize(viewer, columns, rows)
            case Ping():
                send(protocol.PONG)


def _reason(error: PodlabError) -> bytes:
    """As much as a close frame holds."""
    return error.message.encode()[:123].decode(errors="ignore").encode()
