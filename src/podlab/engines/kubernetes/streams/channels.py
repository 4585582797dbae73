"""The streams of a command in one websocket: the first byte of a message says which.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ and
https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from podlab.engines.kubernetes.streams.ending import Ending, ending
from podlab.errors import PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.kubernetes.streams.websocket import WebSocket

V5: Final = "v5.channel.k8s.io"
"""From Kubernetes 1.30 on. It has what v4 lacks: one can say that an input has ended."""
V4: Final = "v4.channel.k8s.io"
PROTOCOLS: Final = (V5, V4)

_STDIN, _STDOUT, _STDERR, _STATUS, _RESIZE = range(5)
_CLOSE = 255
_READ_AHEAD_BYTES = 1 << 16
_MESSAGE_BYTES = 1 << 18

Piece = tuple[Literal[1, 2], bytes]


class Channels:
    """What comes is kept until it is read, and beyond 64 KiB left with the API server."""

    def __init__(self, socket: WebSocket) -> None:
        self.ending: Ending | None = None
        self._socket = socket
        self._pieces: deque[Piece] = deque()
        self._kept_bytes = 0
        self._take: Callable[[bytes], None] | None = None
        self._is_held = False
        self._status = b""
        self._error: PodlabError | None = None
        self._is_closed = False
        self._over = asyncio.Event()
        self._news = asyncio.Event()
        self._poured: asyncio.Future[None] | None = None
        socket.start(self._message, self._ended)

    @property
    def can_end_input(self) -> bool:
        return self._socket.protocol == V5

    @property
    def is_over(self) -> bool:
        """Nothing more comes, nor goes."""
        return self._over.is_set()

    # --- output

    async def read(self) -> Piece | None:
        """The next output; None after the last. `Unavailable` where the connection broke before that."""
        self.resume()
        while not self._pieces:
            if self.is_over:
                if self._error:
                    raise self._error
                return None
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        self._kept_bytes -= len(piece[1])
        if not self._pieces:
            self._socket.resume()
        return piece

    def unread(self, piece: Piece) -> None:
        self._pieces.appendleft(piece)
        self._kept_bytes += len(piece[1])

    async def pour(self, take: Callable[[bytes], None]) -> None:
        """As `Process.pour`."""
        self._poured = asyncio.get_running_loop().create_future()
        self._take = take
        self.resume()
        try:
            await self._poured
        finally:
            self._take = None
        if self._error:
            raise self._error

    def hold(self) -> None:
        self._is_held = True
        self._socket.pause()

    def resume(self) -> None:
        self._is_held = False
        if self._take:
            while self._pieces and not self._is_held:
                data = self._pieces.popleft()[1]
                self._kept_bytes -= len(data)
                self._give(data)
            if self.is_over and not self._pieces:
                self._end_pouring(None)
        if not self._is_held and self._kept_bytes < _READ_AHEAD_BYTES:
            self._socket.resume()

    async def ended(self) -> Ending:
        """How the command ended. `Unavailable` where that will never be known."""
        await self._over.wait()
        if self.ending is None:
            raise self._error or _no_end()
        return self.ending

    # --- input

    @property
    def unsent_bytes(self) -> int:
        return self._socket.unsent_bytes

    def write(self, data: bytes) -> None:
        for begin in range(0, len(data), _MESSAGE_BYTES):
            self._socket.send(bytes((_STDIN,)) + data[begin : begin + _MESSAGE_BYTES])

    async def drain(self) -> None:
        await self._socket.drain()

    def end_input(self) -> None:
        """Only where `can_end_input`."""
        self._socket.send(bytes((_CLOSE, _STDIN)))

    def resize(self, columns: int, rows: int) -> None:
        self._socket.send(bytes((_RESIZE,)) + json.dumps({"Width": columns, "Height": rows}).encode())

    # --- the end

    def close(self) -> None:
        """Both halves. What has come can still be read."""
        self._is_closed = True
        self._socket.close()

    # --- what the socket calls

    def _message(self, message: bytes) -> None:
        channel = message[0] if message else _CLOSE
        if channel == _STATUS:
            self._status += message[1:]
            self._note_ending()
        elif (
            channel in (_STDOUT, _STDERR) and len(message) > 1
        ):  # an empty one comes first: the connection is there
            data = message[1:]
            if self._take and not self._is_held:
                self._give(data)
                return
            self._pieces.append((1 if channel == _STDOUT else 2, data))
            self._kept_bytes += len(data)
            if self._kept_bytes >= _READ_AHEAD_BYTES:
                self._socket.pause()
            self._news.set()

    def _note_ending(self) -> None:
        """It is the last message, and may come in parts."""
        try:
            json.loads(self._status)
        except ValueError:
            return
        self.ending = ending(self._status)
        self._finish(None)
        self._socket.close()

    def _ended(self, why: PodlabError | None) -> None:
        if self.ending is None and self._status:
            self.ending = ending(self._status)
        is_known = self.ending is not None or self._is_closed
        self._finish(None if is_known else why or _no_end())

    def _finish(self, error: PodlabError | None) -> None:
        if self.is_over:
            return
        self._error = error
        self._over.set()
        self._news.set()
        if not self._pieces:
            self._end_pouring(None)

    def _give(self, data: bytes) -> None:
        take = self._take
        if take is None:
            return
        try:
            take(data)
        except Exception as error:
            self._take = _nobody
            self._end_pouring(error)

    def _end_pouring(self, error: Exception | None) -> None:
        if self._poured and not self._poured.done():
            if error:
                self._poured.set_exception(error)
            else:
                self._poured.set_result(None)


def _nobody(data: bytes) -> None:
    """Takes what comes after somebody failed to."""


def _no_end() -> Unavailable:
    return Unavailable(
        "the connection to the command has ended, and nobody said how the command did",
        hint="was its pod removed, or its node restarted?",
    )
