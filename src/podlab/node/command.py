"""A command in a container, run to its end: what an `exec` probe or hook is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from podlab.engines.base import Engine
from podlab.errors import PodlabError

MAX_OUTPUT_BYTES: Final = 1024


async def run(engine: Engine, pod: str, container: str, command: Sequence[str]) -> tuple[int, str]:
    """The exit code, and the beginning of what it wrote. Cancelled, it kills the command: a probe that hangs
    would leave one in the container at every period."""
    output = b""
    async with await engine.exec(pod, container, command) as process:
        try:
            while (chunk := await process.read()) is not None:
                output = (output + chunk[1])[:MAX_OUTPUT_BYTES]
            code = await process.wait()
        except asyncio.CancelledError:
            with suppress(PodlabError):
                await process.signal("KILL")
            raise
    return code, output.decode(errors="replace").strip()


def failure(code: int, output: str) -> str:
    """What to say of a command that failed."""
    return f"exit code {code}" + (f": {output}" if output else "")
