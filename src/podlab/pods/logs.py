"""What the containers of a pod wrote, as one stream in order of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from podlab.engines.base import Engine, LogLine

_FIRST_S = 0.5
"""How long the other containers wait for one whose log has not begun to arrive."""
_NEXT_S = 0.05
"""How long they wait for one that has been silent: its line may be older and still on its way."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def interleaved(
    engine: Engine,
    pod: str,
    containers: Sequence[str],
    *,
    follow: bool = False,
    tail: int | None = None,
    since: datetime | None = None,
    previous: bool = False,
) -> AsyncGenerator[tuple[str, LogLine], None]:
    """Each line with its container's name. `tail` counts for each container, `previous` as for `engine.logs`.

    Without `follow` the order is exact. With it, what was written before is in order too, and a new line
    comes at once, or up to 50 ms later where another container is writing as well. Ends when all containers
    have ended. At most one line of each container is held, so a reader that is slow slows the engine.
    """
    logs = {
        name: engine.logs(pod, name, follow=follow, tail=tail, since=since, previous=previous)
        for name in containers
    }
    clock = asyncio.get_running_loop().time
    heads: dict[str, LogLine] = {}
    reading = {name: asyncio.ensure_future(_next(log)) for name, log in logs.items()}
    patience = {name: clock() + _FIRST_S for name in logs}
    try:
        while reading or heads:
            for name in [name for name, task in reading.items() if task.done()]:
                line = reading.pop(name).result()
                if line is not None:
                    heads[name] = line
            awaited = [name for name in reading if not follow or not heads or patience[name] > clock()]
            if awaited:
                until = min(patience[name] for name in awaited) if follow and heads else None
                await asyncio.wait(
                    [reading[name] for name in awaited],
                    timeout=None if until is None else max(0, until - clock()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
            elif heads:
                name = min(heads, key=lambda each: heads[each].at or _LONG_AGO)
                yield name, heads.pop(name)
                reading[name] = asyncio.ensure_future(_next(logs[name]))
                patience[name] = clock() + _NEXT_S
    finally:
        for task in reading.values():
            task.cancel()
        if reading:
            await asyncio.wait(reading.values())
        for log in logs.values():
            if isinstance(log, AsyncGenerator):  # one that is between two lines holds its connection
                await log.aclose()


async def _next(log: AsyncIterator[LogLine]) -> LogLine | None:
    return await anext(log, None)
