"""Run a peer's commands as a person would: in a shell, with the bench's engine in the environment."""

from __future__ import annotations

import asyncio
import os
import sysconfig

SCRIPTS = sysconfig.get_path("scripts")
"""Where the podlab of this very environment is, whatever else is on the path."""


async def sh(script: str) -> str:
    """Its output. RuntimeError with what it said where a line fails."""
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, env={**os.environ, "PATH": f"{SCRIPTS}:{os.environ['PATH']}"},
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
