"""A command with a terminal that several browsers may show, or none."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from podlab.errors import PodlabError
from podlab.portal.terminals.answers import is_answer
from podlab.portal.terminals.pace import Pace
from podlab.portal.terminals.protocol import State
from podlab.portal.terminals.ring import Ring
from podlab.portal.terminals.viewer import Access, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.base import Process

COALESCE_S = 0.004
"""The first bytes after a pause go out at once, later ones together. A fixed delay would cost every key."""
COALESCE_BYTES = 1 << 16
ECHO_BYTES = 64
"""A key's echo may come in two writes, as at the end of a line: the second goes out at once, too."""
FLOOD_BYTES = 1 << 15
"""More than this on its way when Ctrl-C is pressed, and the screen would be busy with it for long."""
QUIET_S = 0.025
DROP_S = 0.5
TAIL_BYTES = 2048
MAX_CELLS = 1000
"""Of a terminal's width and height: programs keep a screen of that size in memory."""
_INTERRUPT = b"\x03"
_SMALL_BYTES = 1 << 14
_MAX_PENDING_BYTES = 1 << 18


class Session:
    """`run` reads the command's output for as long as it lives, whoever looks; everything else is for viewers.

    What is read is kept in a ring of 256 KiB and goes from there to each viewer, whose window of 256 KiB is all
    that may be under way: memory does not depend on who reads how fast.
    """

    def __init__(self, name: str, process: Process, *, size: tuple[int, int] = (80, 24)) -> None:
        self.name = name
        self.ring = Ring()
        self.viewers: list[Viewer] = []
        self.columns, self.rows = size
        self.ended = ""
        self.exit_code: int | None = None
        self.active_at = asyncio.get_running_loop().time()
        """When somebody last typed, came or went."""
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(process, self.viewers)
        self._primary: Viewer | None = None
        self._flushed_at = 0.0
        self._flush_at: asyncio.TimerHandle | None = None
        self._is_echo = False
        self._dropping: asyncio.TimerHandle | None = None
        self._dropped_until = 0.0
        self._read_at = 0.0
        self._input: deque[bytes] = deque()
        self._input_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._resizing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Returns when the command has ended or the engine is gone; `ended` then says which."""
        try:
            await self._process.pour(self._take)
            self.exit_code = await self._process.wait()
            self.ended = f"the command ended with exit code {self.exit_code}"
        except PodlabError as error:
            self.ended = error.message
        finally:
            self.ended = self.ended or "the terminal was closed"
            for task in filter(None, (self._writing, self._resizing)):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._offer_room()
            self._pace.end()
            self._end_drop()
            self._flush()
            if self._flush_at:
                self._flush_at.cancel()
            self._tell_state()
            self._finish()

    # --- output

    def _take(self, data: bytes) -> None:
        self.ring.append(data)
        if not self.viewers:
            self._pace.read(len(data))
            return
        now = self._loop.time()
        self._read_at = now
        if not self._dropping:
            if now - self._flushed_at >= COALESCE_S and self._flush_at is None:
                self._flushed_at = now
                self._is_echo = len(data) <= ECHO_BYTES
                for viewer in self.viewers:
                    viewer.pass_on(data)
            elif self._is_echo and self._flush_at is None and len(data) <= ECHO_BYTES:
                self._is_echo = False
                for viewer in self.viewers:
                    viewer.pass_on(data)
            elif now - self._flushed_at >= COALESCE_S or self.ring.end - self._sent() >= COALESCE_BYTES:
                self._flush()
            elif self._flush_at is None:
                self._flush_at = self._loop.call_at(self._flushed_at + COALESCE_S, self._flush)
        self._pace.read(len(data))
        if self._flush_at and len(data) < _SMALL_BYTES:
            self._pace.gather(COALESCE_S / 2)

    def _sent(self) -> int:
        return max(viewer.cursor for viewer in self.viewers)

    def _flush(self) -> None:
        if self._flush_at:
            self._flush_at.cancel()
            self._flush_at = None
        self._flushed_at = self._loop.time()
        if not self._dropping:
            for viewer in self.viewers:
                viewer.flush()

    # --- Ctrl-C in a flood: nobody wants to see the rest

    def _drop(self) -> None:
        self._dropped_until = self._loop.time() + DROP_S
        if self._dropping is None:
            self._read_at = self._loop.time()
            self._dropping = self._loop.call_later(QUIET_S, self._drop_on)
            self._hurry()

    def _drop_on(self) -> None:
        now = self._loop.time()
        if now < min(self._read_at + QUIET_S, self._dropped_until):
            self._dropping = self._loop.call_at(self._read_at + QUIET_S, self._drop_on)
        else:
            self._end_drop()

    def _end_drop(self) -> None:
        if self._dropping:
            self._dropping.cancel()
            self._dropping = None
            self._hurry()
            for viewer in self.viewers:
                viewer.show_tail(TAIL_BYTES)

    def _hurry(self) -> None:
        """Neither what nobody wants to see nor a viewer whose acknowledgements are behind its own input, which we do
        not take, may slow the reading down."""
        self._pace.hurry(self._dropping is not None or not self._has_room.is_set())

    # --- viewers

    def join(
        self,
        send: Callable[[bytes], None],
        access: Access,
        done: Callable[[], None] = lambda: None,
        ready: Callable[[], None] = lambda: None,
    ) -> Viewer:
        """Show the session: its state, what the ring has, and from then on all output.

        `send` gets whole frames of `protocol`, and must not wait; `done` is called when nothing more will come,
        `ready` when there is room again after `feed` has said that there is none.
        """
        viewer = Viewer(self.ring, send, access, done, ready)
        self.viewers.append(viewer)
        self._tell_state()
        viewer.replay()
        if access.may_type and self._primary is None:
            self._primary = viewer
        self.active_at = self._loop.time()
        self._pace.changed()
        self._finish()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Twice is not an error."""
        if viewer in self.viewers:
            self.viewers.remove(viewer)
            if viewer is self._primary:
                self._primary = next((v for v in self.viewers if v.access.may_type), None)
            self.active_at = self._loop.time()
            self._pace.changed()
            self._tell_state()

    def acknowledge(self, viewer: Viewer, size_bytes: int) -> None:
        """`Invalid` for more than was sent."""
        viewer.acknowledge(size_bytes)
        if viewer.unsent and not self._dropping:
            viewer.flush()
            self._finish()
        self._pace.changed()

    def feed(self, viewer: Viewer, data: bytes) -> bool:
        """Input of a viewer, ignored where it may only watch. False: no more, please, until the viewer is `ready`."""
        if not viewer.access.may_type or self.ended or not data:
            return True
        if is_answer(data):
            if viewer is not self._primary:
                return True
        else:
            self._primary = viewer
            self.active_at = self._loop.time()
        if _INTERRUPT in data:
            self._input.clear()  # of a paste, what has not gone in yet
            self._input_bytes = 0
            self._offer_room()
            if viewer.backlog > FLOOD_BYTES:
                self._drop()
        if self._writing is None and self._process.put(data):
            return True
        self._input.append(data)
        self._input_bytes += len(data)
        if self._writing is None:
            self._writing = self._loop.create_task(self._write(), name=f"input of {self.name}")
        if self._input_bytes <= _MAX_PENDING_BYTES:
            return True
        self._has_room.clear()
        self._hurry()
        return False

    async def type(self, viewer: Viewer, data: bytes) -> None:
        """`feed`, and return when there is room for more."""
        if not self.feed(viewer, data):
            await self._has_room.wait()

    async def _write(self) -> None:
        """A command that does not read must not keep whoever pastes from acknowledging its output."""
        try:
            while self._input:
                data = self._input.popleft()
                self._input_bytes -= len(data)
                if self._input_bytes <= _MAX_PENDING_BYTES // 2:
                    self._offer_room()
                await self._process.write(data)
        except PodlabError:
            pass  # the engine is gone, which `run` tells
        finally:
            self._writing = None
            self._offer_room()

    def _offer_room(self) -> None:
        if not self._has_room.is_set():
            self._has_room.set()
            self._hurry()
            for viewer in self.viewers:
                viewer.ready()

    def fit(self, viewer: Viewer, columns: int, rows: int) -> None:
        """The size of whoever owns the session counts, of two owners the one who changed last."""
        columns, rows = min(columns, MAX_CELLS), min(rows, MAX_CELLS)
        if viewer.access is not Access.OWN or self.ended or (columns, rows) == (self.columns, self.rows):
            return
        self.columns, self.rows = columns, rows
        self._tell_state()
        if self._resizing is None:
            self._resizing = self._loop.create_task(self._resize(), name=f"size of {self.name}")

    async def resize(self, viewer: Viewer, columns: int, rows: int) -> None:
        """`fit`, and return when the command knows."""
        self.fit(viewer, columns, rows)
        if self._resizing:
            await asyncio.wait({self._resizing})

    async def _resize(self) -> None:
        """Of many sizes, as somebody drags, the last is the one that counts."""
        told = (0, 0)
        try:
            while told != (self.columns, self.rows):
                told = (self.columns, self.rows)
                await self._process.resize(*told)
        except PodlabError:
            pass  # the engine is gone, which `run` tells
        finally:
            self._resizing = None

    def _finish(self) -> None:
        if self.ended:
            for viewer in self.viewers:
                if not viewer.unsent:
                    viewer.done()

    def _tell_state(self) -> None:
        for viewer in self.viewers:
            viewer.tell(
                State(
                    title=self.name, viewers=len(self.viewers), access="rw" if viewer.access.may_type else "ro",
                    exit=self.exit_code, cols=self.columns, rows=self.rows,
                )
            )  # fmt: skip
