"""A `Process` whose other side the test plays."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class ScriptedProcess:
    """Gives what the test puts into `output`, or what `flood` says without end; counts what is read of it."""

    def __init__(self) -> None:
        self.output: deque[bytes] = deque()
        self.flood = b""
        self.read_bytes = 0
        self.written: list[bytes] = []
        self.sizes: list[tuple[int, int]] = []
        self.takes_input = asyncio.Event()
        self.takes_input.set()
        self.is_detached = False
        self._more = asyncio.Event()
        self._is_held = self._was_held = False
        self._exit_code: int | None = None

    def say(self, data: bytes) -> None:
        self.output.append(data)
        self._more.set()

    def start_flood(self, data: bytes) -> None:
        self.flood = data
        self._more.set()

    def finish(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._more.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None: ...

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        await asyncio.sleep(0)
        while not self.output and not self.flood and self._exit_code is None:
            self._more.clear()
            await self._more.wait()
        data = self.output.popleft() if self.output else self.flood
        while self._was_held and self.output and len(data) + len(self.output[0]) <= 1 << 16:
            data += self.output.popleft()
        self._was_held = self._is_held = False
        self.read_bytes += len(data)
        return (1, data) if data else None

    async def pour(self, take: Callable[[bytes], None]) -> None:
        while piece := await self.read():
            take(piece[1])
            while self._is_held:  # noqa: ASYNC110 - as nothing comes from an engine that is held
                await asyncio.sleep(0.001)

    def resume(self) -> None:
        self._is_held = False

    def put(self, data: bytes) -> bool:
        if self.takes_input.is_set():
            self.written.append(data)
        return self.takes_input.is_set()

    async def write(self, data: bytes) -> None:
        await self.takes_input.wait()
        self.written.append(data)

    async def write_eof(self) -> None: ...

    async def signal(self, name: str) -> None: ...

    def hold(self) -> None:
        self._is_held = self._was_held = True

    async def hang_up(self) -> None:
        self.flood = b""
        self.finish(129)

    async def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    async def wait(self) -> int:
        assert self._exit_code is not None
        return self._exit_code


class Browser:
    """Collects frames; `screen` is what was drawn since the last replay began."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.is_done = False

    def __call__(self, frame: bytes) -> None:
        self.frames.append(frame)

    def done(self) -> None:
        self.is_done = True

    def kinds(self) -> str:
        return "".join(chr(frame[0]) for frame in self.frames)

    @property
    def screen(self) -> bytes:
        begin = max((n for n, frame in enumerate(self.frames) if frame == b"m\1"), default=0)
        return b"".join(frame[1:] for frame in self.frames[begin:] if frame[:1] == b"o")

    @property
    def received_bytes(self) -> int:
        return sum(len(frame) - 1 for frame in self.frames if frame[:1] == b"o")

    @property
    def skipped_bytes(self) -> int:
        return sum(int.from_bytes(frame[1:]) for frame in self.frames if frame[:1] == b"k")
