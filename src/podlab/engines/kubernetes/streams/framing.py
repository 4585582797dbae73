"""Websocket frames as a client writes and reads them. Pure. https://datatracker.ietf.org/doc/html/rfc6455#section-5.2

Of what the standard has this is what the API server's streams need: no extensions, so no compression, and each message
is sent as one frame; what comes may be in fragments.
"""

from __future__ import annotations

import os
from typing import Final

from podlab import frames
from podlab.errors import Unavailable
from podlab.frames import FINAL, MASKED, RESERVED, Kind

MAX_MESSAGE_BYTES: Final = 1 << 22
"""API servers and kubelets send what they have read at once, 32 KiB."""


def frame(kind: Kind, data: bytes) -> bytes:
    """A whole message. What a client sends has to be masked."""
    return frames.frame(kind, data, os.urandom(4))


class Messages:
    """The messages in what a server sends; keeps no more than one that is not whole yet."""

    def __init__(self) -> None:
        self._data = b""
        self._missing_bytes = 2
        self._kind: Kind | None = None
        self._parts: list[bytes] = []
        self._parts_bytes = 0

    def feed(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """Whole messages and what came between them; `Unavailable` where it is none."""
        data = self._data + data if self._data else data
        found = []
        at = 0
        while len(data) - at >= self._missing_bytes:
            is_final, kind, begin, end = self._head(data, at)
            if len(data) < end:
                self._missing_bytes = end - at
                break
            self._missing_bytes = 2
            if (message := self._message(is_final, kind, data[begin:end])) is not None:
                found.append(message)
            at = end
        self._data = data[at:]
        return found

    def _head(self, data: bytes, at: int) -> tuple[bool, Kind, int, int]:
        """Whether it is the last of its message, its kind, and where its payload begins and ends: beyond what is there
        where that is not whole."""
        first, size = data[at], data[at + 1]
        begin = at + (2 if size < 126 else 4 if size == 126 else 10)
        if first & RESERVED or size & MASKED:
            raise _nonsense(f"a frame that begins with {data[at : at + 2].hex()}")
        if len(data) < begin:
            return False, Kind.CONTINUATION, begin, begin
        if size >= 126:
            size = int.from_bytes(data[at + 2 : begin], "big")
        if size > MAX_MESSAGE_BYTES:
            raise _nonsense(f"a message of {size} bytes")
        try:
            return bool(first & FINAL), Kind(first & 0x0F), begin, begin + size
        except ValueError:
            raise _nonsense(f"a frame of kind {first & 0x0F}") from None

    def _message(self, is_final: bool, kind: Kind, payload: bytes) -> tuple[Kind, bytes] | None:
        if kind >= Kind.CLOSE or (is_final and self._kind is None and kind is not Kind.CONTINUATION):
            return kind, payload
        if (kind is Kind.CONTINUATION) != (self._kind is not None):
            raise _nonsense("fragments of messages that are mixed up")
        self._kind = self._kind or kind
        self._parts.append(payload)
        self._parts_bytes += len(payload)
        if self._parts_bytes > MAX_MESSAGE_BYTES:
            raise _nonsense("a message without end")
        if not is_final:
            return None
        kind, payload = self._kind, b"".join(self._parts)
        self._kind, self._parts, self._parts_bytes = None, [], 0
        return kind, payload


def _nonsense(what: str) -> Unavailable:
    return Unavailable(f"the API server sent {what}, which is no websocket as podlab knows it")
