"""Time, so that tests can have their own."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch, as the machine's clock has them: what is stored outlives the process."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class LoopClock(SystemClock):
    """The event loop's, begun with the machine's when it is first asked: it only goes forward."""

    def __init__(self) -> None:
        self._began: float | None = None

    def now(self) -> float:
        passed_s = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = time.time() - passed_s
        return self._began + passed_s
