"""The engine of one command. Any podlab command also clears the pods whose lifetime is over."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from podlab.cli.runner import say, warn
from podlab.engines import connect as engines
from podlab.errors import PodlabError

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
                await clearing
            yield engine
            for name in await clearing:
                say(f"pod {name!r} had ended (lifetime over): removed")
        finally:
            clearing.cancel()
            await asyncio.wait([clearing])
    finally:
        await engine.close()


async def clear_expired(engine: Engine) -> list[str]:
    """Remove the pods whose lifetime is over; their names. What cannot be removed is only warned about:
    the command at hand is about something else."""
    removed = []
    try:
        for name in await engine.expired():
            await engine.delete(name)
            removed.append(name)
    except PodlabError as error:
        warn(f"cannot clear pods whose lifetime is over: {error.message}")
    return removed
