"""The frames between browser and portal: binary websocket messages of one type byte and a payload. Pure.

| from the browser | |
|---|---|
| `i` bytes | input, at most 64 KiB |
| `r` u16 columns, u16 rows | the window's size |
| `a` u32 | that many more bytes of `o` are on the screen |
| `p` | are you there? |

| from the portal | |
|---|---|
| `o` bytes | output; may end in the middle of a character |
| `s` JSON | the state of the session, see `State` |
| `k` u32 | that many bytes of output were left out |
| `m` 1 | a replay begins: the screen is to be cleared, queries in it are not to be answered |
| `m` 0 | the replay has ended |
| `p` | yes |

Numbers are big-endian. Every connection begins with a state and a replay. At most 256 KiB of `o`, replayed or
not, are under way unacknowledged. `web/src/terminal/protocol.ts` is the counterpart;
`tests/portal/terminal-vectors.json` holds both to the same bytes.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass

from podlab.errors import Invalid

INPUT = b"i"
MAX_INPUT_BYTES = 1 << 16
MAX_FRAME_BYTES = MAX_INPUT_BYTES + 1
WINDOW_BYTES = 1 << 18
"""How much output may be under way to a browser. Socket buffers alone would leave megabytes."""

DENIED = 4403
GONE = 4404
"""Close codes after which trying again is of no use."""

_MAX_U32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Input:
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Ack:
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Ping:
    pass


ClientFrame = Input | Resize | Ack | Ping


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`access` is `rw` or `ro`. `exit` is the command's exit code once it has ended; nothing comes afterwards
    but what is still unsent."""

    title: str
    viewers: int
    access: str
    exit: int | None
    cols: int
    rows: int


def decode(frame: bytes) -> ClientFrame:
    """`Invalid` for whatever the browser may not send."""
    kind, size = frame[:1], len(frame) - 1
    if kind == b"i" and size <= MAX_INPUT_BYTES:
        return Input(frame[1:])
    if kind == b"a" and size == 4:
        return Ack(int.from_bytes(frame[1:], "big"))
    if kind == b"r" and size == 4:
        columns, rows = struct.unpack_from(">HH", frame, 1)
        if columns and rows:
            return Resize(columns, rows)
        raise Invalid(f"a terminal cannot have {columns} columns and {rows} rows")
    if frame == b"p":
        return Ping()
    raise Invalid(f"not a frame of the terminal protocol: type {kind!r} with {max(size, 0)} bytes")


def encode(frame: ClientFrame) -> bytes:
    """What a browser sends."""
    match frame:
        case Input(data):
            return b"i" + data
        case Resize(columns, rows):
            return struct.pack(">cHH", b"r", columns, rows)
        case Ack(size_bytes):
            return struct.pack(">cI", b"a", size_bytes)
        case Ping():
            return b"p"


def output(data: bytes) -> bytes:
    return b"o" + data


def state(found: State) -> bytes:
    return b"s" + json.dumps(asdict(found), separators=(",", ":"), ensure_ascii=False).encode()


def skipped(size_bytes: int) -> bytes:
    """More than a u32 can say is told as the largest."""
    return struct.pack(">cI", b"k", min(size_bytes, _MAX_U32))


REPLAY_BEGINS = b"m\1"
REPLAY_ENDS = b"m\0"
PONG = b"p"
