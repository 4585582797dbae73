"""One browser that shows a session."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from podlab.errors import Invalid
from podlab.portal.terminals import protocol
from podlab.portal.terminals.protocol import WINDOW_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.portal.terminals.ring import Ring

_PIECE_BYTES = 1 << 16
_LEAST_BYTES = 1 << 14
"""Not less is sent while more waits: a window that opens by a few bytes would make as many frames."""


class Access(Enum):
    """`ASSIST` types but does not set the size; `WATCH` does neither."""

    OWN = "own"
    ASSIST = "assist"
    WATCH = "watch"

    @property
    def may_type(self) -> bool:
        return self is not Access.WATCH


class Viewer:
    """A cursor in a session's ring, and a window of what is under way. `send` takes one frame and never waits;
    the window bounds what it has to hold. `done` is called when the session has ended and all of it was sent,
    `ready` when input that there was no room for has been taken."""

    __slots__ = ("_ring", "_send", "access", "cursor", "done", "ready", "unacked")

    def __init__(
        self, ring: Ring, send: Callable[[bytes], None], access: Access,
        done: Callable[[], None], ready: Callable[[], None],
    ) -> None:  # fmt: skip
        self._ring = ring
        self._send = send
        self.access = access
        self.done = done
        self.ready = ready
        self.cursor = ring.end
        """The offset of the next byte to send."""
        self.unacked = 0

    def replay(self) -> None:
        """Show what the ring has."""
        ring = self._ring
        self._send(protocol.REPLAY_BEGINS)
        self.cursor = ring.line_start(ring.start)
        if self.cursor:
            self._put(ring.modes_at(self.cursor).restoring())
        self._send_up_to(ring.end)
        self._send(protocol.REPLAY_ENDS)

    def pass_on(self, data: bytes) -> None:
        """What the ring has just got: without looking it up there again, where nothing else waits."""
        ring, size = self._ring, len(data)
        if self.cursor + size == ring.end and size <= _PIECE_BYTES and self.unacked + size <= WINDOW_BYTES:
            self.cursor = ring.end
            self.unacked += size
            self._send(b"o" + data)
        else:
            self.flush()

    def flush(self) -> None:
        """Send as much as the window allows."""
        ring = self._ring
        room = WINDOW_BYTES - self.unacked
        if room < min(ring.end - self.cursor, _LEAST_BYTES):
            return
        if self.cursor < ring.start:
            self._skip_to(ring.line_start(ring.start))
        self._send_up_to(min(self.cursor + room, ring.end))

    def show_tail(self, size: int) -> None:
        """Only the last lines of the output, at once whatever is under way."""
        ring = self._ring
        offset = ring.line_start(max(ring.start, ring.end - size), size)
        if offset > self.cursor:
            self._skip_to(offset)
        self._send_up_to(ring.end)

    def _skip_to(self, offset: int) -> None:
        """The screen may be in the middle of anything."""
        self._send(protocol.skipped(offset - self.cursor))
        self.cursor = offset
        self._put(self._ring.modes_at(offset).restoring())

    def _send_up_to(self, end: int) -> None:
        while self.cursor < end:
            data = self._ring.read(self.cursor, min(end - self.cursor, _PIECE_BYTES))
            self.cursor += len(data)
            self._put(data)

    def _put(self, data: bytes) -> None:
        self.unacked += len(data)
        self._send(protocol.output(data))

    def acknowledge(self, size_bytes: int) -> None:
        if size_bytes > self.unacked:
            raise Invalid(f"{size_bytes} bytes acknowledged, of {self.unacked} that were sent")
        self.unacked -= size_bytes

    def tell(self, state: protocol.State) -> None:
        self._send(protocol.state(state))

    @property
    def unsent(self) -> int:
        return self._ring.end - self.cursor

    @property
    def backlog(self) -> int:
        """Output that has not reached the screen."""
        return self.unsent + self.unacked
