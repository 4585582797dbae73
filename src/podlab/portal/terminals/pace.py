"""How fast a session reads its command's output."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def __init__(self, viewers: Sequence[Viewer]) -> None:
        self.is_hurried = False
        """Read at full speed, whoever keeps up."""
        self._viewers = viewers
        self._changed = asyncio.Event()
        self._is_stalled = False
        self._burst_bytes = 0

    async def after(self, size_bytes: int) -> None:
        """Called when so much was read; returns when it is time for more."""
        if not self._viewers or self._is_stalled:
            self._burst_bytes += size_bytes
            if self._burst_bytes >= _BURST_BYTES and not self.is_hurried:
                await self._change_within(self._burst_bytes / UNATTENDED_BYTES_S)
                self._burst_bytes = 0
            return
        while not self.is_hurried and self._viewers and not self._has_room():
            if not await self._change_within(STALL_S):
                self._is_stalled = True
                return

    def changed(self) -> None:
        """Somebody came, left, or acknowledged; or there is a hurry."""
        self._is_stalled = False
        self._changed.set()

    def _has_room(self) -> bool:
        return any(viewer.unsent < UNSENT_BYTES for viewer in self._viewers)

    async def _change_within(self, timeout_s: float) -> bool:
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True
