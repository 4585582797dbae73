"""Output and errors of a command come through one connection, in frames.

https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach
"""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from podlab.errors import Unavailable

_HEADER = struct.Struct(">B3xL")
_STREAMS: dict[int, Literal[1, 2]] = {0: 1, 1: 1, 2: 2, 3: 2}
"""0 is an echo of stdin, which docker prints as output; 3 is the engine's own error text."""


class Piece(NamedTuple):
    """A part of a frame. A frame larger than what was read at once comes in several."""

    stream: Literal[1, 2]
    data: bytes
    ends_frame: bool


class Demultiplexer:
    """Keeps no more than a frame's header between two calls."""

    def __init__(self) -> None:
        self._header = b""
        self._stream: Literal[1, 2] = 1
        self._left = 0

    @property
    def is_between_frames(self) -> bool:
        """Where the connection may end. Elsewhere it was broken off."""
        return not self._header and not self._left

    def feed(self, data: bytes) -> list[Piece]:
        """`Unavailable` where it is no such stream."""
        pieces = []
        view = memoryview(data)
        while view:
            if not self._left:
                missing = _HEADER.size - len(self._header)
                self._header += view[:missing]
                view = view[missing:]
                if len(self._header) < _HEADER.size:
                    break
                kind, self._left = _HEADER.unpack(self._header)
                if kind not in _STREAMS:
                    raise Unavailable(f"the engine sent a stream that podlab cannot read: {self._header!r}")
                self._stream, self._header = _STREAMS[kind], b""
                continue
            part, view = view[: self._left], view[self._left :]
            self._left -= len(part)
            pieces.append(Piece(self._stream, bytes(part), not self._left))
        return pieces
