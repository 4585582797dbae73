"""What a container has written, line by line, as the engine has kept it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from podlab.engines.base import LogLine
from podlab.engines.docker.streams.frames import Demultiplexer, Piece

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from podlab.engines.docker.api.client import Client

MAX_LINE_BYTES = 1 << 20
"""A longer line comes in pieces of at least this size, each a line of its own."""
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d{0,3})?(Z|[+-]\d\d:\d\d) ")
"""Docker's has nanoseconds, Podman's whole seconds only, and in the zone of its machine."""
_STAMP_BYTES = 31
_SPLIT_BYTES = 1 << 14
"""The engine keeps a longer line in parts and stamps each with a time.
https://github.com/moby/moby/blob/v26.1.5/daemon/logger/copier.go#L19"""


async def logs(
    client: Client, container_id: str, *, follow: bool = False, tail: int | None = None,
    since: datetime | None = None,
) -> AsyncGenerator[LogLine, None]:  # fmt: skip
    """Lines from `since` on, at most the last `tail` of them. With `follow` until the container ends."""
    path = f"/containers/{container_id}"
    tty = bool((await client.json("GET", f"{path}/json"))["Config"]["Tty"])
    query: dict[str, str | int | bool] = {
        "stdout": True, "stderr": True, "timestamps": True, "follow": follow,
        "tail": "all" if tail is None else tail,
    }  # fmt: skip
    if since is not None:
        query["since"] = f"{since.timestamp():.6f}"
    lines = _TerminalLines() if tty else _FramedLines()
    async with client.request("GET", f"{path}/logs", query=query) as response:
        async for chunk in response.chunks():
            for line in lines.feed(chunk):
                yield line
    for line in lines.end():
        yield line


class _FramedLines:
    """One frame is one entry of the log: a time, then a line or a part of one."""

    def __init__(self) -> None:
        self._frames = Demultiplexer()
        self._entry = b""
        self._begun: dict[Literal[1, 2], tuple[datetime | None, bytes]] = {}

    def feed(self, chunk: bytes) -> list[LogLine]:
        return [line for piece in self._frames.feed(chunk) for line in self._piece(piece)]

    def end(self) -> list[LogLine]:
        return [LogLine(at=at, stream=stream, text=text) for stream, (at, text) in self._begun.items()]

    def _piece(self, piece: Piece) -> list[LogLine]:
        self._entry += piece.data
        if not piece.ends_frame and len(self._entry) < MAX_LINE_BYTES:
            return []
        at, text = _stamped(self._entry)
        self._entry = b""
        begun_at, begun = self._begun.pop(piece.stream, (at, b""))
        text = begun + text
        if text.endswith(b"\n"):
            return [LogLine(at=begun_at, stream=piece.stream, text=text[:-1])]
        if len(text) >= MAX_LINE_BYTES:
            return [LogLine(at=begun_at, stream=piece.stream, text=text)]
        self._begun[piece.stream] = (begun_at, text)
        return []


class _TerminalLines:
    """No frames: each line starts with its time, and each part of a long one has a time in its midst."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[LogLine]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) >= MAX_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        return [_terminal_line(line) for line in lines]

    def end(self) -> list[LogLine]:
        return [_terminal_line(self._rest)] if self._rest else []


def _terminal_line(line: bytes) -> LogLine:
    at, text = _stamped(line)
    end = _SPLIT_BYTES
    while _STAMP.match(text, end):
        text = text[:end] + text[end + _STAMP_BYTES :]
        end += _SPLIT_BYTES
    return LogLine(at=at, stream=1, text=text.removesuffix(b"\r"))


def _stamped(entry: bytes) -> tuple[datetime | None, bytes]:
    found = _STAMP.match(entry)
    if not found:
        return None, entry
    zone = found[3].decode().replace("Z", "+00:00")
    fraction = (found[2] or b"0").decode()
    at = datetime.fromisoformat(f"{found[1].decode()}.{fraction:0<6}{zone}").astimezone(UTC)
    return at, entry[found.end() :]
