"""Bring pods up, several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from podlab.engines.base import Change, Engine
from podlab.model import Pod
from podlab.pods.ready import OnProgress, wait_ready

AT_ONCE = 8
"""More pods at a time than this only queue in the engine (docs/performance.md)."""


async def up(
    engine: Engine,
    pods: Sequence[Pod],
    *,
    wait: bool = True,
    timeout_s: float | None = None,
    replace: bool = False,
    keep_on_error: bool = False,
    on_change: Callable[[Change], None] = lambda change: None,
    on_progress: OnProgress = lambda progress: None,
) -> None:
    """Make every pod as wanted and, with `wait`, return when all are ready. Images must be on the engine.
    Without, what stands behind an init container or a hook is left to an agent, or to the next `up`.

    `replace` removes each pod first. A pod that cannot be made is undone, unless `keep_on_error`, and so are
    the others that are not finished; those that are, stay. `timeout_s` bounds the waiting, not the making.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(pod: Pod) -> None:
        async with places:
            if replace:
                await engine.delete(pod.name)
            await engine.apply(pod, keep_on_error=keep_on_error, on_change=on_change)
        if wait:
            await wait_ready(engine, pod.name, timeout_s=timeout_s, drives=True, on_progress=on_progress)

    await _all([one(pod) for pod in pods])


async def down(engine: Engine, names: Sequence[str], *, grace_s: int | None = None) -> None:
    """Remove these pods. One that is gone is not an error."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with places:
            await engine.delete(name, grace_s=grace_s)

    await _all([one(name) for name in names])


async def _all(work: Sequence[object]) -> None:
    """All at once; the first failure cancels the rest and is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)  # type: ignore[arg-type]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
