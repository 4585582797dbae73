"""What happens to pods, by the engine's word and by podlab's own notes, in order of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podlab.errors import NotFound
from podlab.pods.history import told

if TYPE_CHECKING:
    from podlab.engines.base import Engine, PodEvent

LOOK_S = 2.0
"""Between two looks at the notes of pods to which something happened."""
AT_ONCE = 8


async def happening(
    engine: Engine, pod: str = "", *, since: datetime | None = None, follow: bool = True
) -> AsyncGenerator[PodEvent, None]:
    """Of one pod or of all, from `since` or now on. With `follow`, notes come a moment late."""
    begin = since or datetime.now(UTC)
    if not follow:
        found = [event async for event in engine.watch(pod, since=since, follow=False)]
        names = [pod] if pod else [status.name for status in await engine.list()]
        found += await _notes(engine, names, dict.fromkeys(names, begin))
        for event in sorted(found, key=lambda each: each.at):
            yield event
        return
    queue: asyncio.Queue[PodEvent] = asyncio.Queue()
    seen: dict[str, datetime] = {pod: begin} if pod else {}
    watching = asyncio.ensure_future(_watch(engine, pod, since, begin, seen, queue))
    looking = asyncio.ensure_future(_look(engine, seen, queue))
    try:
        while True:
            taking = asyncio.ensure_future(queue.get())
            done, _ = await asyncio.wait({taking, watching, looking}, return_when=asyncio.FIRST_COMPLETED)
            if taking in done:
                yield taking.result()
                continue
            taking.cancel()
            for task in done:
                task.result()
            return
    finally:
        watching.cancel()
        looking.cancel()
        await asyncio.gather(watching, looking, return_exceptions=True)


async def _watch(
    engine: Engine, pod: str, since: datetime | None, begin: datetime, seen: dict[str, datetime],
    queue: asyncio.Queue[PodEvent],
) -> None:  # fmt: skip
    async for event in engine.watch(pod, since=since):
        seen.setdefault(event.pod, begin)
        queue.put_nowait(event)


async def _look(engine: Engine, seen: dict[str, datetime], queue: asyncio.Queue[PodEvent]) -> None:
    while True:
        for event in await _notes(engine, list(seen), seen):
            if event.at > seen[event.pod]:
                seen[event.pod] = event.at
                queue.put_nowait(event)
        await asyncio.sleep(LOOK_S)


async def _notes(engine: Engine, pods: Iterable[str], since: dict[str, datetime]) -> list[PodEvent]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(pod: str) -> list[PodEvent]:
        async with places:
            with suppress(NotFound):
                return await told(engine, pod, since[pod])
            return []

    found = await asyncio.gather(*map(one, pods))
    return sorted((event for each in found for event in each), key=lambda event: event.at)
