"""Websocket frames, as both sides write and name them. Pure.
https://datatracker.ietf.org/doc/html/rfc6455#section-5.2"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

FINAL: Final = 0x80
MASKED: Final = 0x80
RESERVED: Final = 0x70


class Kind(IntEnum):
    """https://datatracker.ietf.org/doc/html/rfc6455#section-11.8"""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


def frame(kind: Kind, data: bytes, mask: bytes = b"") -> bytes:
    """A whole message. What a client sends has a `mask` of four bytes, what a server sends has none."""
    size = len(data)
    flag = MASKED if mask else 0
    if size < 126:
        head = b"%c%c" % (FINAL | kind, flag | size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", FINAL | kind, flag | 126, size)
    else:
        head = struct.pack(">BBQ", FINAL | kind, flag | 127, size)
    return head + mask + masked(data, mask) if mask else head + data


def masked(data: bytes, mask: bytes) -> bytes:
    """Twice is the data again. As one large number each: a loop over bytes would take a hundred times as long."""
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)
