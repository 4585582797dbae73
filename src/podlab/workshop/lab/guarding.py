"""What seats stand on stays as it was laid while they are served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from podlab.engines.labs import HostsLabs
from podlab.errors import PodlabError, Unsupported

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.engines.labs import Ground

LOOK_S: Final = 10.0
"""How often it is looked whether the seats' network was made anew, which opens the machine. One small request."""


async def close(engine: Engine, ground: Ground) -> str:
    """Before the first seat is made. `Unsupported` where the engine has no means; errors as in `lay_ground`."""
    if not isinstance(engine, HostsLabs):
        raise Unsupported(f"podlab cannot close the machine of the engine {engine.name!r} to seats")
    return await engine.lay_ground(ground)


async def keep(
    engine: Engine,
    wanted: Callable[[], Ground],
    laid: str,
    *,
    on_warning: Callable[[str], None] = lambda text: None,
    look_s: float = LOOK_S,
) -> None:
    """For ever: lay it again when it is another than `laid`, which `close` gave, or when another is wanted, as where
    the class has grown. An engine that is away is waited for. What fails is told once, and tried again."""
    if not isinstance(engine, HostsLabs):
        return
    told, before = "", wanted()
    while True:
        await asyncio.sleep(look_s)
        try:
            now = wanted()
            if now != before or await engine.ground() not in ("", laid):
                laid = await engine.lay_ground(now)
                before = now
            told = ""
        except PodlabError as error:
            if error.message != told:
                on_warning(error.message)
            told = error.message
