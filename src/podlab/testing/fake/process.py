"""Commands of the fake engine: a program's two halves, joined by bounded queues."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Self

from podlab.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "TERM": 15, "USR1": 10, "USR2": 12}

_CHUNKS = 16
"""How far a writer may be ahead of its reader."""


class Signal:
    """Wakes whoever waits for something to change. Unlike `asyncio.Condition` it belongs to no event loop,
    since a world outlives the loops of the commands that look at it."""

    def __init__(self) -> None:
        self._waiters: deque[asyncio.Future[None]] = deque()

    def notify(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.get_loop().is_closed() and not waiter.done():
                waiter.set_result(None)

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter


class Pipe:
    """Bytes one way. `None` in the queue is the end."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._changed = Signal()
        self.is_ended = False
        self._has_reader = True

    async def read(self) -> bytes:
        await self._changed.until(lambda: bool(self._chunks) or self.is_ended)
        data = self._chunks.popleft() if self._chunks else b""
        self._changed.notify()
        return data

    @property
    def is_full(self) -> bool:
        return len(self._chunks) >= _CHUNKS and self._has_reader

    async def write(self, data: bytes) -> None:
        await self._changed.until(lambda: not self.is_full)
        self.put(data)

    def put(self, data: bytes) -> None:
        if data and self._has_reader and not self.is_ended:
            self._chunks.append(data)
            self._changed.notify()

    def end(self) -> None:
        self.is_ended = True
        self._changed.notify()

    def forget_reader(self) -> None:
        """Whatever is written from now on is lost, and nobody waits for it to be read."""
        self._has_reader = False
        self._chunks.clear()
        self._changed.notify()


class FakeProcess:
    """A `Process`. The engine feeds `out` and ends it with `finish`."""

    def __init__(
        self,
        *,
        stdin: Pipe | None,
        resize: Callable[[int, int], None],
        kill: Callable[[str], None] | None = None,
        detach_keys: str = "",
    ) -> None:
        self.is_detached = False
        self._kill = kill
        self._detach_bytes = _bytes_of(detach_keys)
        self._in = stdin
        self._resize = resize
        self._out: deque[tuple[Literal[1, 2], bytes]] = deque()
        self._changed = Signal()
        self._exit_code: int | None = None
        self._has_reader = True
        self._is_held = False
        self._task: asyncio.Task[None] | None = None
        self._signal = 0

    def start(self, program: Coroutine[object, object, int]) -> None:
        async def run() -> None:
            try:
                self.finish(await program)
            except asyncio.CancelledError:
                if not self._signal:
                    raise
                self.finish(128 + self._signal)

        self._task = asyncio.create_task(run())

    async def signal(self, name: str) -> None:
        if self._exit_code is None and self._kill is not None:
            self._kill(name)
        elif self._exit_code is None and self._task is not None:
            self._signal = SIGNALS[name.removeprefix("SIG")]
            self._task.cancel()
            await asyncio.wait([self._task])

    async def pour(self, take: Callable[[bytes], None]) -> None:
        while piece := await self.read():
            take(piece[1])
            await self._changed.until(lambda: not self._is_held)

    def hold(self) -> None:
        """It never reads ahead."""
        self._is_held = True

    def resume(self) -> None:
        self._is_held = False
        self._changed.notify()

    async def hang_up(self) -> None:
        await self.signal("HUP")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._has_reader = False
        self._out.clear()
        if self._in is not None:
            self._in.end()
        self._changed.notify()

    async def out(self, stream: Literal[1, 2], data: bytes) -> None:
        await self._changed.until(lambda: len(self._out) < _CHUNKS or not self._has_reader)
        if self._has_reader:
            self._out.append((stream, data))
            self._changed.notify()

    def finish(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._changed.notify()

    def put(self, data: bytes) -> bool:
        if self._detach_bytes or (self._in is not None and self._in.is_full):
            return False
        if self._in is not None and self._exit_code is None:
            self._in.put(data)
        return True

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        await self._changed.until(lambda: bool(self._out) or self._exit_code is not None)
        found = self._out.popleft() if self._out else None
        self._changed.notify()
        return found

    async def write(self, data: bytes) -> None:
        if self._detach_bytes and self._detach_bytes in data:
            self.is_detached = True
            self.finish(0)
        elif self._in is not None and self._exit_code is None:
            await self._in.write(data)

    async def write_eof(self) -> None:
        if self._in is not None:
            self._in.end()

    async def resize(self, columns: int, rows: int) -> None:
        if not (1 <= columns <= 9999 and 1 <= rows <= 9999):
            raise Invalid(f"a terminal of {columns}x{rows} is not possible", hint="sizes are 1 to 9999")
        self._resize(columns, rows)

    async def wait(self) -> int:
        await self._changed.until(lambda: self._exit_code is not None and not self._out)
        assert self._exit_code is not None  # noqa: S101
        return self._exit_code


def _bytes_of(detach_keys: str) -> bytes:
    """`ctrl-p,ctrl-q` as a terminal sends it."""
    keys = detach_keys.split(",") if detach_keys else []
    return bytes(ord(key[-1]) & 0x1F if key.startswith("ctrl-") else ord(key) for key in keys)


class FakeConnection:
    """A `ByteStream` to a server in the fake pod."""

    def __init__(self, serve: Callable[..., Awaitable[None]]) -> None:
        self._up, self._down = Pipe(), Pipe()
        self._serve = serve
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def _run(self) -> None:
        try:
            await self._serve(self._up.read, self._down.write)
        finally:
            self._down.end()

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def read(self) -> bytes:
        return await self._down.read()

    async def write(self, data: bytes) -> None:
        await self._up.write(data)

    async def write_eof(self) -> None:
        self._up.end()
