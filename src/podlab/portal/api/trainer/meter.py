"""What the seats use, measured while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.base import Engine, Usage
    from podlab.workshop.seat import Seat, SeatId

EVERY_S: Final = 10.0
"""A reading costs the engine some milliseconds for each container."""
AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Of all containers of a seat together. `cpus` is None at the first reading."""

    memory_bytes: int
    processes: int
    cpus: float | None


class Meter:
    """However many look, each seat is measured once in `EVERY_S`."""

    def __init__(self) -> None:
        self.readings: dict[SeatId, Reading] = {}
        self._last: dict[SeatId, tuple[str, float, int]] = {}
        self._measured_at = float("-inf")
        self._turn = asyncio.Lock()

    async def measure(self, engine: Engine, seats: Iterable[Seat]) -> None:
        """Returns when the readings are fresh. A seat that cannot be measured has none."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if now - self._measured_at < EVERY_S:
                return
            ready = [seat for seat in seats if seat.is_ready]
            places = asyncio.Semaphore(AT_ONCE)
            async with asyncio.TaskGroup() as group:
                tasks = {seat.id: group.create_task(self._measure(engine, seat, places)) for seat in ready}
            found = {id: task.result() for id, task in tasks.items()}
            self.readings = {id: reading for id, reading in found.items() if reading is not None}
            self._last = {id: last for id, last in self._last.items() if id in self.readings}
            self._measured_at = asyncio.get_running_loop().time()

    async def _measure(self, engine: Engine, seat: Seat, places: asyncio.Semaphore) -> Reading | None:
        async with places:
            try:
                pod = await engine.get(seat.pod)
                usages = [await _usage(engine, seat.pod, each.name) for each in pod.containers]
            except PodlabError:
                return None
        found = [each for each in usages if each is not None]
        if not found:
            return None
        at, cpu_ns = max(each.at.timestamp() for each in found), sum(each.cpu_ns for each in found)
        made = ",".join(each.container_id for each in pod.containers)
        before, self._last[seat.id] = self._last.get(seat.id), (made, at, cpu_ns)
        return Reading(
            memory_bytes=sum(each.memory_bytes for each in found),
            processes=sum(each.pids for each in found),
            cpus=_rate(before, made, at, cpu_ns),
        )


async def _usage(engine: Engine, pod: str, container: str) -> Usage | None:
    async for usage in engine.usage(pod, container, follow=False):
        return usage
    return None


def _rate(before: tuple[str, float, int] | None, made: str, at: float, cpu_ns: int) -> float | None:
    """Processors in use since the last reading of the same containers."""
    if before is None or before[0] != made or at <= before[1]:
        return None
    return round(max(0, cpu_ns - before[2]) / 1e9 / (at - before[1]), 2)


METER: Final = web.AppKey("meter", Meter)
