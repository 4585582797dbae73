"""Run a program of this machine to its end, without leaving it behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import IO, TYPE_CHECKING

from podlab.errors import PodlabError, Unsupported

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

_GRACE_S = 10
_TAIL_LINES = 12


async def run(
    program: str,
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: IO[bytes] | None = None,
    stdin: bytes | None = None,
    on_line: Callable[[str], None] = lambda line: None,
) -> str:
    """Its output, where `stdout` takes it not. `on_line` hears each line of what it says beside.

    `Unsupported` where the program is not installed; `PodlabError` with its last lines where it fails.
    Cancelled, it and its children are ended first.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            program, *arguments, cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            stdout=stdout or asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )
    )  # fmt: skip
    try:
        # cancelled in its middle, asyncio would end the program and wait for its children
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        async with _ended(await starting):
            raise
    except FileNotFoundError as error:
        raise Unsupported(
            f"cannot run {program}: it is not installed", subject=program, hint=f"apt-get install {program}"
        ) from error
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        on_line(line)

    async with _ended(process), asyncio.TaskGroup() as tasks:
        output = tasks.create_task(_read(process.stdout))
        tasks.create_task(_lines(process.stderr, hear))
        if process.stdin is not None:
            process.stdin.write(stdin or b"")
            process.stdin.close()
        code = await process.wait()
    if code != 0:
        what = output.result().decode(errors="replace").splitlines()
        reasons = [line for line in said + what if line.strip()][-_TAIL_LINES:]
        raise PodlabError(
            f"{program} failed with exit code {code}:\n  " + "\n  ".join(reasons), subject=program
        )
    return output.result().decode(errors="replace")


@contextlib.asynccontextmanager
async def _ended(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """It has a session of its own: SIGTERM lets it tidy up (mmdebstrap does), then all of it is killed."""
    try:
        yield
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    return await stream.read() if stream is not None else b""


async def _lines(stream: asyncio.StreamReader | None, on_line: Callable[[str], None]) -> None:
    if stream is None:
        return
    async for line in stream:
        on_line(line.decode(errors="replace").rstrip())
