"""A command in a seat, of which nobody needs to know more than how it ended and the last that it printed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from podlab.engines.base import ExecOptions
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.base import Engine, Process

KEEP_BYTES: Final = 64 * 1024
_HANG_UP_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """`exit_code` is None where it did not end: because its time was over (`is_cut_short`), or of a `problem`.
    `output` is the end of what it printed, out and err as they came."""

    exit_code: int | None = None
    output: str = ""
    is_cut_short: bool = False
    problem: str = ""


async def run(
    engine: Engine, pod: str, container: str, command: Sequence[str], *, timeout_s: float,
    keep_bytes: int = KEEP_BYTES, options: ExecOptions = ExecOptions(),
) -> Ran:  # fmt: skip
    """Run it without input. What goes wrong is in what is returned, never an error. When its time is over, or when
    cancelled, nothing that it started from its own session goes on."""
    output = Tail(keep_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            process = await engine.exec(pod, container, command, options)
        async with process:
            try:
                async with asyncio.timeout(timeout_s):
                    while (piece := await process.read()) is not None:
                        output.add(piece[1])
                    return Ran(exit_code=await process.wait(), output=str(output))
            except BaseException:
                await _end(process)
                raise
    except TimeoutError:
        return Ran(output=str(output), is_cut_short=True)
    except PodlabError as error:
        return Ran(output=str(output), problem=error.message)


async def _end(process: Process) -> None:
    with suppress(PodlabError, TimeoutError):  # the pod may be gone, and the check with it
        async with asyncio.timeout(_HANG_UP_S):
            await process.hang_up()


class Tail:
    """The end of what is added."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = b""
        self._left_out = 0

    def add(self, data: bytes) -> None:
        self._kept += data
        if (excess := len(self._kept) - self._limit) > 0:
            self._left_out += excess
            self._kept = self._kept[excess:]

    @property
    def kept(self) -> bytes:
        return self._kept

    def __str__(self) -> str:
        """Without half a character at its beginning, and with a line's end at its own."""
        if not self._kept:
            return ""
        kept = self._kept.lstrip(_CONTINUATION) if self._left_out else self._kept
        told = f"… {self._left_out:,} bytes before this are left out\n" if self._left_out else ""
        text = told + kept.decode(errors="replace")
        return text if text.endswith("\n") else text + "\n"


_CONTINUATION: Final = bytes(range(0x80, 0xC0))
"""Bytes that go on with a character of UTF-8. https://www.rfc-editor.org/rfc/rfc3629#section-3"""
