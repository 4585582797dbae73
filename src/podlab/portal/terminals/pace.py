"""How fast a session reads its command's output."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podlab.engines.base import Process
    from podlab.portal.terminals.viewer import Viewer

UNSENT_BYTES = 1 << 16
STALL_S = 5.0
UNATTENDED_BYTES_S = 1 << 20
_BURST_BYTES = 1 << 16


class Pace:
    """As fast as the fastest viewer; slower ones miss something (`k`) when they are behind by a ring.

    Without viewers, or when none has acknowledged anything for 5 s, the output is still read, so that work goes on
    and the engine never holds a stream that nobody reads (which hangs `kill` and `rm` there), but at 1 MiB a
    second: `yes` in a terminal that nobody looks at costs next to nothing.
    """

    def __init__(self, process: Process, viewers: Sequence[Viewer]) -> None:
        self._process = process
        self._viewers = viewers
        self._loop = asyncio.get_running_loop()
        self._is_hurried = False
        self._is_stalled = False
        self._burst_bytes = 0
        self._changed_at = 0.0
        self._pause: asyncio.TimerHandle | None = None
        self._is_short = False

    def hurry(self, is_hurried: bool) -> None:
        """Read at full speed, whoever keeps up."""
        self._is_hurried = is_hurried
        self.changed()

    def read(self, size_bytes: int) -> None:
        """So much has been read."""
        if self._is_hurried or self._pause:
            return
        if not self._viewers or self._is_stalled:
            self._burst_bytes += size_bytes
            if self._burst_bytes >= _BURST_BYTES:
                self._hold(self._burst_bytes / UNATTENDED_BYTES_S, self._go_on)
                self._burst_bytes = 0
        elif not self._has_room():
            self._hold(STALL_S, self._stall)

    def gather(self, seconds: float) -> None:
        """Read nothing for so long, since it could not be sent: then one read gets what came in many small writes."""
        if not self._pause and not self._is_hurried:
            self._hold(seconds, self._go_on)
            self._is_short = True

    def changed(self) -> None:
        """Somebody came, left, or acknowledged; or there is a hurry."""
        self._is_stalled = False
        self._changed_at = self._loop.time()
        if self._pause and (self._is_hurried or not (self._is_short or self._waits())):
            self._go_on()

    def end(self) -> None:
        if self._pause:
            self._pause.cancel()
            self._pause = None

    def _waits(self) -> bool:
        return bool(self._viewers) and not self._has_room()

    def _has_room(self) -> bool:
        for viewer in self._viewers:  # noqa: SIM110 - for each key: `any` would make a generator
            if viewer.unsent < UNSENT_BYTES:
                return True
        return False

    def _hold(self, seconds: float, then: Callable[[], None]) -> None:
        self._process.hold()
        self._is_short = False
        self._pause = self._loop.call_later(seconds, then)

    def _stall(self) -> None:
        rest_s = self._changed_at + STALL_S - self._loop.time()
        if rest_s > 0:  # a slow reader is one all the same
            self._pause = self._loop.call_later(rest_s, self._stall)
            return
        self._is_stalled = True
        self._go_on()

    def _go_on(self) -> None:
        self.end()
        self._process.resume()
