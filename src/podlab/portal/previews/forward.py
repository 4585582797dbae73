"""One request to an application and its answer, both as they come."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import h11
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from podlab.errors import Invalid
from podlab.portal.previews import headers
from podlab.portal.previews.connections import Broken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.portal.previews.connections import Connection
    from podlab.portal.previews.place import Spot

HEAD_S: Final = 120.0
"""Until an application begins to answer, from the end of what it was sent."""
SILENCE_S: Final = 1800.0
"""In which nothing goes either way: somebody has forgotten it."""
LOOK_S: Final = 5.0
_DECODED: Final = frozenset({"gzip", "deflate", "br", "zstd"})
"""aiohttp takes these off a request's body; no header can ask it not to."""


class Answer(web.StreamResponse):
    """Says what the application said, and no more: a type that it left out is for the browser to find."""

    def __init__(self, head: h11.Response | h11.InformationalResponse, pairs: headers.Pairs) -> None:
        super().__init__(status=head.status_code, reason=_text(bytes(head.reason)) or None)
        for name, value in pairs:
            self.headers.add(name, value)
        self._has_type = "Content-Type" in self.headers
        self._has_server = "Server" in self.headers

    async def _write_headers(self) -> None:
        if not self._has_type:
            self.headers.popall("Content-Type", None)
        if not self._has_server:
            self.headers.popall("Server", None)
        await super()._write_headers()


class Watch:
    """Ends what it is around when the browser has gone, or nothing has moved for long. (Nobody tells a handler that
    its browser has gone.)"""

    def __init__(self, request: web.Request, limit: asyncio.Timeout) -> None:
        self._request, self._limit = request, limit
        self._loop = asyncio.get_running_loop()
        self.moved()
        self._look()

    def moved(self, silent_s: float | None = None) -> None:
        """Something came or went; what follows may take so long."""
        self._ends_at = self._loop.time() + (SILENCE_S if silent_s is None else silent_s)

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look)
        transport = self._request.transport
        is_gone = transport is None or transport.is_closing()
        if is_gone or self._loop.time() > self._ends_at:
            self._timer.cancel()
            self._limit.reschedule(self._loop.time())

    def end(self) -> None:
        self._timer.cancel()


@asynccontextmanager
async def watched(request: web.Request) -> AsyncIterator[Watch]:
    """`TimeoutError` out of it."""
    async with asyncio.timeout(None) as limit:
        watch = Watch(request, limit)
        try:
            yield watch
        finally:
            watch.end()


def head_of(
    request: web.Request, spot: Spot, port: int, *, is_public: bool, more: headers.Pairs
) -> h11.Request:
    """The request as the application gets it. `Invalid` where it cannot be said in HTTP/1.1."""
    gone = b"content-encoding" if _is_decoded(request) else b""
    pairs = [(_text(name), _text(value)) for name, value in request.raw_headers if name.lower() != gone]
    told = headers.to_application(pairs, spot, port, is_public=is_public, remote=request.remote or "")
    try:
        return h11.Request(
            method=request.method.encode(),
            target=target(request).encode("utf-8", "surrogateescape"),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in [*told, *more]],
        )
    except (h11.LocalProtocolError, ValueError) as error:
        raise Invalid(f"this request cannot be passed on: {error}") from error


def target(request: web.Request) -> str:
    """Path and query as the browser sent them."""
    raw = request.raw_path
    if raw.startswith("/") or (raw == "*" and request.method == "OPTIONS"):
        return raw
    return request.rel_url.raw_path_qs or "/"


def framing(request: web.Request) -> headers.Pairs:
    """How the application learns where the body ends: the same way as we did, or in chunks."""
    if not request.body_exists:
        return [("Content-Length", "0")] if request.method in ("POST", "PUT", "PATCH") else []
    length = request.headers.get("Content-Length")
    if length is None or _is_decoded(request):
        return [("Transfer-Encoding", "chunked")]
    return [("Content-Length", length)]


def _is_decoded(request: web.Request) -> bool:
    return request.body_exists and request.headers.get("Content-Encoding", "").strip().lower() in _DECODED


async def forward(
    request: web.Request, connection: Connection, head: h11.Request, spot: Spot, port: int, watch: Watch
) -> web.StreamResponse:
    """`Broken` where the application breaks off before it answers, `Invalid` where the browser's body is none;
    after that the browser's connection breaks off, too."""
    if not request.body_exists:
        await connection.send(head, h11.EndOfMessage())
        return await relay(request, connection, spot, port, watch)
    await connection.send(head)
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_send_body(request, connection, watch))
            response = await relay(request, connection, spot, port, watch)
            sending.cancel()  # an application may answer before it has heard all
    except BaseExceptionGroup as failed:
        raise _first(failed) from failed
    return response


async def _send_body(request: web.Request, connection: Connection, watch: Watch) -> None:
    try:
        async for chunk in request.content.iter_any():
            watch.moved()
            await connection.send(h11.Data(data=chunk))
        await connection.send(h11.EndOfMessage())
        watch.moved(HEAD_S)
    except Broken:
        return  # its answer, if there is one, tells why
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError) as error:
        raise Invalid(f"the request's body broke off or makes no sense: {error}") from error


async def relay(
    request: web.Request, connection: Connection, spot: Spot, port: int, watch: Watch,
    head: h11.Response | None = None,
) -> web.StreamResponse:  # fmt: skip
    """Wait for the answer, unless its `head` has come, and pass it on."""
    if head is None:
        head = await _answer(request, connection, watch)
    response = answer_of(head, spot, port)
    if request.body_exists and connection.http.our_state is not h11.DONE:
        response.force_close()  # what is still to come of the body belongs to nobody
    await response.prepare(request)
    try:
        async for data in connection.body():
            watch.moved()
            await response.write(data)
        await response.write_eof()
    except (Broken, ConnectionError):
        cut(request)
    return response


async def _answer(request: web.Request, connection: Connection, watch: Watch) -> h11.Response:
    if not request.body_exists:
        watch.moved(HEAD_S)
    head = await connection.answer()
    watch.moved()
    if not isinstance(head, h11.Response):
        raise Broken("the application changes the protocol, which nobody asked for")
    return head


def answer_of(head: h11.Response | h11.InformationalResponse, spot: Spot, port: int) -> Answer:
    pairs = [(_text(name), _decoded(value)) for name, value in head.headers.raw_items()]
    return Answer(head, headers.to_browser(pairs, spot, port))


def cut(request: web.Request) -> None:
    """Break off: an answer that was begun and cannot be ended must not look whole."""
    if request.transport is not None:
        request.transport.abort()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def _decoded(data: bytes) -> str:
    """aiohttp writes UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
