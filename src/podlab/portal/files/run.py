"""A script of ours in a container, as the user of its shell, and what it says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from podlab.engines.base import ExecOptions
from podlab.errors import PodlabError, TimedOut
from podlab.portal.files import limits
from podlab.portal.files.scripts import READY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine, Process

_ERROR_BYTES: Final = 4096
_HANG_UP_S: Final = 10.0


class NoShell(Exception):
    """The container has none that could run a script. What it said instead is in `output`."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


class Refused(Exception):
    """The script ended with another code than 0."""

    def __init__(self, code: int, output: str) -> None:
        super().__init__(output)
        self.code = code
        self.output = output


class Run:
    """What a script prints, read as it is asked for. All of it is from a container and so believed in nothing."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._data = bytearray()
        self._errors = bytearray()
        self.has_ended = False

    @property
    def errors(self) -> str:
        return self._errors.decode(errors="replace").strip()

    async def chunk(self) -> bytes:
        """The next bytes, `b""` at the end. `TimedOut` where none come."""
        if self._data:
            data = bytes(self._data)
            self._data.clear()
            return data
        return await self._next()

    async def until(self, mark: bytes, limit: int = 8192) -> bytes:
        """What is before the next mark, and the mark with it. Less at the end, or where the mark is not within the
        limit."""
        while (at := self._data.find(mark)) < 0 and len(self._data) < limit:
            data = await self._next()
            if not data:
                break
            self._data += data
        end = at + len(mark) if at >= 0 else len(self._data)
        found = bytes(self._data[:end])
        del self._data[:end]
        return found

    async def word(self, mark: bytes = b"\n") -> bytes:
        """What is before the next mark. `Refused` where the script fails instead."""
        found = await self.until(mark)
        if not found.endswith(mark):
            await self.end()
            raise Refused(0, "it said nothing")
        return found.removesuffix(mark)

    async def rest(self, limit: int) -> bytes:
        """All that still comes, as far as the limit."""
        while len(self._data) < limit:
            data = await self._next()
            if not data:
                break
            self._data += data
        return bytes(self._data[:limit])

    async def write(self, data: bytes) -> None:
        async with _patience():
            await self._process.write(data)

    async def end(self) -> None:
        """`Refused` where it failed. What it still prints is passed over."""
        while await self._next():
            self._data.clear()
        async with _patience():
            code = await self._process.wait()
        if code:
            raise Refused(code, self.errors)

    async def _next(self) -> bytes:
        while not self.has_ended:
            async with _patience():
                piece = await self._process.read()
            if piece is None:
                self.has_ended = True
            elif piece[0] == 1:
                return piece[1]
            elif len(self._errors) < _ERROR_BYTES:
                self._errors += piece[1][:_ERROR_BYTES]
        return b""


@asynccontextmanager
async def run(
    engine: Engine, pod: str, container: str, script: str, *words: str, takes_input: bool = False
) -> AsyncIterator[Run]:
    """Start the script. `NoShell` where there is nothing that could run it. Left before the script's end, it is
    ended, too."""
    options = ExecOptions(stdin=takes_input, env={"LC_ALL": "C"})
    async with _patience():
        process = await engine.exec(pod, container, ["sh", "-c", script, "sh", *words], options)
    running = Run(process)
    try:
        async with process:
            await _begin(running)
            yield running
    finally:
        # First the connection, so that no output is left unread: the engine could run nothing else meanwhile.
        if not running.has_ended:
            await _end(process)


async def _begin(running: Run) -> None:
    first = await running.until(b"\n")
    if first != READY:
        raise NoShell(running.errors or first.decode(errors="replace").strip())


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limits.IDLE_S):
            yield
    except TimeoutError as error:
        raise TimedOut(
            f"the container did not answer within {limits.IDLE_S:.0f} s", hint="is it busy? try again"
        ) from error


async def _end(process: Process) -> None:
    with suppress(PodlabError, TimeoutError):  # the pod may be gone, and the script with it
        async with asyncio.timeout(_HANG_UP_S):
            await process.hang_up()
