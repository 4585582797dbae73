"""Run a peer's commands as a person would: in a shell, with the bench's engine in the environment."""

from __future__ import annotations

import asyncio
import os
import sysconfig

from bench.rounds import Reading, Turn, measured


def environment() -> dict[str, str]:
    """With this very environment's podlab first, and its bytecode kept as in any installation."""
    path = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PATH": path}


async def sh(script: str) -> str:
    """Its output. RuntimeError with what it said where a line fails."""
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, env=environment(),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(err.decode().strip() or f"exit code {process.returncode}: {script}")
    return out.decode()


def turn(command: str) -> Turn:
    """Runs it once: `run`."""

    async def taken() -> dict[str, Reading]:
        async with measured() as reading:
            await sh(f"exec {command}")
        return {"run": reading}

    return taken
