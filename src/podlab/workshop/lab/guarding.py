"""The engine's machine stays closed to seats while they are served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from podlab.engines.guards import Guards
from podlab.errors import PodlabError, Unsupported

if TYPE_CHECKING:
    from podlab.engines.base import Engine

LOOK_S: Final = 10.0
"""How often it is looked whether the seats' network was made anew, which opens the machine. One small request."""


async def close(engine: Engine, *, closes_lan: bool = False) -> str:
    """Before the first seat is made. `Unsupported` where the engine has no means; errors as in `close_machine`."""
    if not isinstance(engine, Guards):
        raise Unsupported(f"podlab cannot close the machine of the engine {engine.name!r} to seats")
    return await engine.close_machine(closes_lan=closes_lan)


async def keep(
    engine: Engine,
    network: str,
    *,
    closes_lan: bool = False,
    on_warning: Callable[[str], None] = lambda text: None,
    look_s: float = LOOK_S,
) -> None:
    """For ever: close it again when the seats' network is another than `network`, which `close` gave. An engine that is
    away is waited for. What fails is told once, and tried again."""
    if not isinstance(engine, Guards):
        return
    told = ""
    while True:
        await asyncio.sleep(look_s)
        try:
            if await engine.guarded_network() not in ("", network):
                network = await engine.close_machine(closes_lan=closes_lan)
            told = ""
        except PodlabError as error:
            if error.message != told:
                on_warning(error.message)
            told = error.message
