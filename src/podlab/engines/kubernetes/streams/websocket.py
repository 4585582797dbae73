"""A websocket to a container, on a connection that aiohttp has opened and upgraded.

aiohttp's own has a queue, and a task that wakes up for each message. Here a message is taken where it was read from the
socket and written where it was made; who stops reading stops the API server at once (`pause`), and who types knows how
much is still here (`unsent_bytes`).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from podlab.engines.kubernetes.streams.framing import Messages, frame
from podlab.errors import PodlabError, Unavailable
from podlab.frames import Kind

if TYPE_CHECKING:
    import aiohttp

    from podlab.engines.kubernetes.client import Client

PING_S = 25.0
"""Proxies commonly cut what was idle for 60 s. Kubelets give up after four hours, however often they are asked."""
_UNSENT_BYTES = 1 << 16
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Query = Sequence[tuple[str, str]]


async def connect(client: Client, path: str, query: Query, protocols: Sequence[str]) -> WebSocket:
    """With the first of `protocols` that the server knows. It reads nothing until `start`; close it when done.

    Errors are the client's; `Unavailable` where what answers speaks none of these protocols.
    """
    key = base64.b64encode(os.urandom(16))
    headers = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key.decode(), "Sec-WebSocket-Protocol": ",".join(protocols),
        "Accept": "*/*",  # API servers refuse to answer with JSON here
    }  # fmt: skip
    response = await client.upgrade(path, query, headers)
    accepted = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()  # noqa: S324 - the standard asks for it
    protocol = response.headers.get("Sec-WebSocket-Protocol", "")
    if (
        response.status != 101
        or response.headers.get("Sec-WebSocket-Accept") != accepted
        or protocol not in protocols
    ):
        response.close()
        raise Unavailable(
            f"no websocket at {client.access.server}{path}: HTTP status {response.status}",
            subject=client.access.server,
            hint="a proxy on the way has to let websockets through",
        )
    return WebSocket(response, protocol)


class WebSocket(asyncio.Protocol):
    """`protocol` is the one that was agreed on."""

    def __init__(self, response: aiohttp.ClientResponse, protocol: str) -> None:
        self.protocol = protocol
        self._response = response
        self._loop = asyncio.get_running_loop()
        self._messages = Messages()
        self._take: Callable[[bytes], None] = lambda message: None
        self._end: Callable[[PodlabError | None], None] = lambda why: None
        self._has_ended = False
        self._is_paused = False
        self._can_write: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        connection = response.connection
        if connection is None or connection.transport is None or connection.protocol is None:
            raise Unavailable("the API server closed the connection at once")
        self._transport = connection.transport
        self._http = connection.protocol

    def start(self, take: Callable[[bytes], None], end: Callable[[PodlabError | None], None]) -> None:
        """Give each message to `take`, and to `end`, once, why there are no more: None where the server has closed
        as one does. Both are called from the event loop and must not raise."""
        self._take, self._end = take, end
        early = _Early()
        self._http.set_parser(early, cast(Any, None))  # gives what came with the answer, and keeps nothing
        self._transport.set_protocol(self)
        self._transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        self._timer = self._loop.call_later(PING_S, self._ping)
        if early.data:
            self.data_received(early.data)
        if self._transport.is_closing():
            self.connection_lost(None)

    # --- writing

    @property
    def unsent_bytes(self) -> int:
        return 0 if self._is_gone else self._transport.get_write_buffer_size()

    @property
    def _is_gone(self) -> bool:
        return self._has_ended or self._transport.is_closing()

    def send(self, message: bytes) -> None:
        """What is sent after the end is lost."""
        if not self._is_gone:
            self._transport.write(frame(Kind.BINARY, message))

    async def drain(self) -> None:
        """Returns when the server can take more, or never will."""
        if self._can_write is not None:
            await asyncio.shield(self._can_write)

    # --- reading

    def pause(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    # --- the end

    def close(self) -> None:
        """At once. Twice is not an error."""
        if not self._is_gone:
            self._transport.write(frame(Kind.CLOSE, (1000).to_bytes(2, "big")))
        if self.unsent_bytes:
            self._transport.abort()
        else:
            self._transport.close()
        self._stop(None)
        self._response.close()

    # --- what asyncio calls

    def data_received(self, data: bytes) -> None:
        try:
            for kind, payload in self._messages.feed(data):
                if kind is Kind.BINARY or kind is Kind.TEXT:
                    self._take(payload)
                elif kind is Kind.PING:
                    self._transport.write(frame(Kind.PONG, payload))
                elif kind is Kind.CLOSE:
                    self._closed(payload)
                    return
        except PodlabError as error:
            self._stop(error)
            self._transport.abort()

    def pause_writing(self) -> None:
        if self._can_write is None:
            self._can_write = self._loop.create_future()

    def resume_writing(self) -> None:
        waiting, self._can_write = self._can_write, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def eof_received(self) -> None:
        self._stop(_broke_off())

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop(_broke_off(exc))

    # --- inside

    def _closed(self, payload: bytes) -> None:
        """https://datatracker.ietf.org/doc/html/rfc6455#section-7.4.1"""
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1000
        said = payload[2:].decode(errors="replace")
        self._stop(None if code in (1000, 1001, 1005) else _broke_off(said or f"code {code}"))
        self._transport.close()

    def _ping(self) -> None:
        if not self._transport.is_closing():
            if not self.unsent_bytes:  # else the connection is not idle
                self._transport.write(frame(Kind.PING, b""))
            self._timer = self._loop.call_later(PING_S, self._ping)

    def _stop(self, why: PodlabError | None) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.resume_writing()
        if not self._has_ended:
            self._has_ended = True
            self._end(why)


class _Early:
    """As a parser of aiohttp's: what had come before we took over."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Told by the transport, too."""


def _broke_off(why: object = "") -> Unavailable:
    return Unavailable(
        "the API server broke off the connection to the container" + (f": {why}" if why else ""),
        hint="did its node or the API server restart? a command may still run in its container",
    )
