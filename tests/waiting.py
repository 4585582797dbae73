"""To wait for what comes in its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE_S = 60
"""What a busy machine may take for what usually takes no time; only a test that fails waits so long."""


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
