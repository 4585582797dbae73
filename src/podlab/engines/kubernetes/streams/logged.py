"""A container's process that nobody writes to, heard through its log: so nothing is missed that it wrote before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Literal

from podlab.engines.kubernetes import happening
from podlab.engines.kubernetes.streams.logs import logs
from podlab.engines.kubernetes.streams.process import Process
from podlab.engines.kubernetes.streams.signals import signal_first
from podlab.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.kubernetes.streams.opening import Found, Place


class LoggedProcess(Process):
    """Line by line, output and errors as one."""

    def __init__(self, place: Place, found: Found) -> None:
        super().__init__(place, None, tty=False)
        self._found = found
        self._lines = logs(place.client, place.pod, place.container, follow=True)
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    async def __aexit__(self, *exc: object) -> None:
        if isinstance(self._lines, AsyncGenerator):
            await self._lines.aclose()

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        self._goes_on.set()
        async for line in self._lines:
            return 1, line.text + b"\n"
        return None

    async def pour(self, take: Callable[[bytes], None]) -> None:
        async for line in self._lines:
            await self._goes_on.wait()
            take(line.text + b"\n")

    def hold(self) -> None:
        self._goes_on.clear()

    def resume(self) -> None:
        self._goes_on.set()

    async def write_eof(self) -> None:
        """It has no input."""

    async def wait(self) -> int:
        return await happening.exit_code_of(self._place.client, self._found.pod, self._place.container)

    async def signal(self, name: str) -> None:
        try:
            await signal_first(self._place, name)
        except Conflict:
            return  # it has ended

    async def hang_up(self) -> None:
        await self.signal("HUP")
