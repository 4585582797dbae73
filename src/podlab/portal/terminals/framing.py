"""Websocket messages written straight to a transport. https://datatracker.ietf.org/doc/html/rfc6455#section-5.2

The window of the terminal protocol already bounds what is under way, so there is nothing to await, and no task
for each viewer. aiohttp reads, pings and closes on the same transport; each frame is written whole.
"""

from __future__ import annotations

import struct

_BINARY = 0x82  # FIN, and the type of the only frame of a message
_CLOSE = 0x88


def binary(data: bytes) -> bytes:
    size = len(data)
    if size < 126:
        return bytes((_BINARY, size)) + data
    if size < 1 << 16:
        return struct.pack(">BBH", _BINARY, 126, size) + data
    return struct.pack(">BBQ", _BINARY, 127, size) + data


def close(code: int, reason: str) -> bytes:
    """The reason is cut to the 123 bytes that fit."""
    said = struct.pack(">H", code) + reason.encode()[:123].decode(errors="ignore").encode()
    return bytes((_CLOSE, len(said))) + said
