"""Time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class ManualClock:
    """`await clock.pass_(60)`: a minute passes, and whoever sleeps meanwhile wakes in order."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._count = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._count), until))
        await until

    async def pass_(self, seconds: float) -> None:
        end = self._now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, until = heapq.heappop(self._sleepers)
            if not until.done():
                until.set_result(None)
                await settle()
        self._now = end
        await settle()


async def settle() -> None:
    """Everybody who can go on without time passing does so."""
    for _ in range(50):
        await asyncio.sleep(0)
