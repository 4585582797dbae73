"""Websocket frames. Pure. https://datatracker.ietf.org/doc/html/rfc6455#section-5.2

Of what the standard has this is what a terminal needs: no extensions, so no compression; each message is sent as
one frame; what comes may be in fragments.
"""

from __future__ import annotations

import struct

from podlab.frames import FINAL, MASKED, RESERVED, Kind, frame, masked

_MAX_CONTROL_BYTES = 125
_WHOLE_BINARY = FINAL + int(Kind.BINARY)


class Violation(Exception):
    """Of the websocket protocol. `code` is what the connection is to be closed with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def binary(data: bytes) -> bytes:
    """A message, as a server sends it."""
    return b"\x82%c%b" % (len(data), data) if len(data) < 126 else frame(Kind.BINARY, data)


def close(code: int, reason: str) -> bytes:
    """The reason is cut to the 123 bytes that fit."""
    said = reason.encode()[: _MAX_CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return frame(Kind.CLOSE, struct.pack(">H", code) + said)


class Messages:
    """The messages in what a client sends; keeps no more than one that is not whole yet."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()
        self._missing_bytes = 2
        self._kind: Kind | None = None
        self._parts: list[bytes] = []
        self._parts_bytes = 0

    def key(self, data: bytes) -> bytes | None:
        """The payload where `data` is one short binary message and nothing else, as nearly all that people type."""
        size = len(data) - 6
        if (
            0 < size < 126 and data[0] == _WHOLE_BINARY and data[1] == MASKED + size
            and size <= self._max_bytes and not self._data and self._kind is None
        ):  # fmt: skip
            return masked(data[6:], data[2:6])
        return None

    def feed(self, data: bytes) -> list[tuple[Kind, bytes]]:
        """Whole messages and what came between them; `Violation` where it is none."""
        self._data += data
        found = []
        while len(self._data) >= self._missing_bytes:
            if (head := self._head()) is None:
                continue
            is_final, kind, begin, end = head
            if len(self._data) < end:
                self._missing_bytes = end
                break
            payload = masked(bytes(self._data[begin:end]), bytes(self._data[begin - 4 : begin]))
            del self._data[:end]
            self._missing_bytes = 2
            if (message := self._message(is_final, kind, payload)) is not None:
                found.append(message)
        return found

    def _head(self) -> tuple[bool, Kind, int, int] | None:
        """Whether it is the last of its message, its kind, and where its payload begins and ends. None where the
        head is not whole, and `_missing_bytes` says how much of it is needed."""
        data = self._data
        first, size = data[0], data[1] & ~MASKED
        if first & RESERVED:
            raise Violation(1002, "no extension was agreed on")
        if not data[1] & MASKED:
            raise Violation(1002, "a client has to mask what it sends")
        begin = 6 if size < 126 else 8 if size == 126 else 14
        if len(data) < begin:
            self._missing_bytes = begin
            return None
        if size >= 126:
            size = int.from_bytes(data[2 : begin - 4])
        is_final = bool(first & FINAL)
        try:
            kind = Kind(first & 0x0F)
        except ValueError:
            raise Violation(1002, f"no kind of frame has the number {first & 0x0F}") from None
        if kind >= Kind.CLOSE:
            if size > _MAX_CONTROL_BYTES or not is_final:
                raise Violation(1002, "a control frame has at most 125 bytes and no fragments")
        elif (kind is Kind.CONTINUATION) != (self._kind is not None):
            raise Violation(1002, "the fragments of messages are mixed up")
        elif self._parts_bytes + size > self._max_bytes:
            raise Violation(1009, f"a message has at most {self._max_bytes} bytes here")
        return is_final, kind, begin, begin + size

    def _message(self, is_final: bool, kind: Kind, payload: bytes) -> tuple[Kind, bytes] | None:
        if kind >= Kind.CLOSE or (is_final and self._kind is None):
            return kind, payload
        if self._kind is None:
            self._kind = kind
        if payload:
            self._parts.append(payload)
            self._parts_bytes += len(payload)
        if not is_final:
            return None
        kind, payload = self._kind, b"".join(self._parts)
        self._kind, self._parts, self._parts_bytes = None, [], 0
        return kind, payload
