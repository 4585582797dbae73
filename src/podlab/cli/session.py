"""The engine of one command. Any podlab command also clears the pods whose lifetime is over."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from podlab.cli.runner import say, warn
from podlab.engines import connect as engines
from podlab.errors import PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


@asynccontextmanager
async def session(*, clear_first: bool = False) -> AsyncIterator[Engine]:
    """Connect to the engine that the command line names.

    Meanwhile pods whose lifetime is over are removed, which stderr tells. With `clear_first` they are gone
    before the body runs: for commands that make pods, as the name may be that of one which has ended.
    """
    meta = click.get_current_context().meta
    engine = await engines.connect(meta.get("podlab.engine", ""), meta.get("podlab.host", ""))
    try:
        clearing = asyncio.create_task(clear_expired(engine))
        try:
            if clear_first:
                await _told(clearing)
            yield engine
            if not clear_first:
                await _told(clearing)
        finally:
            clearing.cancel()
            await asyncio.wait([clearing])
    finally:
        await engine.close()


def is_for_cluster() -> bool:
    """Whether the engine that the command line names is a cluster: its files may say what only a cluster honours."""
    name = click.get_current_context().meta.get("podlab.engine") or os.environ.get("PODLAB_ENGINE", "")
    return name.partition(":")[0].partition("/")[0] == "kubernetes"


async def clear_expired(engine: Engine) -> list[str]:
    """Remove the pods whose lifetime is over; their names. A cluster keeps them, as `Failed`, for whoever looks."""
    if engine.has_node:
        return []
    names = list(await engine.expired())
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(engine.delete(name))
    return names


async def _told(clearing: asyncio.Task[list[str]]) -> None:
    """What cannot be removed is only warned about: the command at hand is about something else. That the
    engine does not answer, it finds out itself."""
    try:
        for name in await clearing:
            say(f"pod {name!r} had ended (lifetime over): removed")
    except* PodlabError as errors:
        for error in errors.exceptions:
            if not isinstance(error, Unavailable):
                warn(f"cannot clear a pod whose lifetime is over: {error}")
