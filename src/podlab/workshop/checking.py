"""Whether something is done in a seat: a lesson's check, run where the attendee works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self
from weakref import WeakValueDictionary

from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.base import Engine, Process
    from podlab.lesson.lesson import Check, CheckId
    from podlab.manifest.workshop import Workshop

MAX_OUTPUT_BYTES: Final = 16 * 1024
"""Of what a check prints, the end is kept: there it says why."""
_HANG_UP_S: Final = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error`: the check could not be run, so nobody knows. `output` is what it printed, or why it could not be run;
    `hint` is the lesson's, empty where it is not called for."""

    status: Literal["passed", "failed", "error"]
    output: str
    hint: str = ""

    @property
    def text(self) -> str:
        """What the attendee is shown: the output, then the hint."""
        return "\n".join(filter(None, [self.output.rstrip("\n"), self.hint]))


async def run_check(
    engine: Engine, pod_name: str, workshop: Workshop, check: Check, values: Mapping[str, str]
) -> Outcome:
    """Run the check once, as the container's own user and without input. What goes wrong is an outcome, never an
    error. When its time is over, or when cancelled, nothing that it started from its own session goes on."""
    output = _Tail(MAX_OUTPUT_BYTES)
    try:
        check = check.filled(values)
        container = check.container or default_container(workshop)
        async with asyncio.timeout(check.timeout_s):
            process = await engine.exec(pod_name, container, [check.shell, "-c", check.command])
        async with process:
            try:
                async with asyncio.timeout(check.timeout_s):
                    while (piece := await process.read()) is not None:
                        output.add(piece[1])
                    code = await process.wait()
            except BaseException:
                await _end(process)
                raise
    except TimeoutError:
        return Outcome("error", f"{output}The check did not end within {check.timeout_s} s.\n")
    except PodlabError as error:
        return Outcome("error", f"{output}The check could not be run: {error.message}\n")
    return Outcome("passed", str(output)) if code == 0 else Outcome("failed", str(output), check.hint)


def default_container(workshop: Workshop) -> str:
    """Where a check runs that names no container: beside the first terminal."""
    spec = workshop.spec
    return spec.terminals[0].container if spec.terminals else spec.pod.spec.containers[0].name


async def _end(process: Process) -> None:
    with suppress(PodlabError, TimeoutError):  # the pod may be gone, and the check with it
        async with asyncio.timeout(_HANG_UP_S):
            await process.hang_up()


class Checker:
    """Runs checks for all who ask, as often as they ask, while the `async with` lasts.

    A check of a seat runs once at a time. Those who ask meanwhile share the next run: it sees what was done until
    they asked. A caller that goes away changes nothing about that.
    """

    def __init__(self, engine: Engine, workshop: Workshop) -> None:
        self._engine, self._workshop = engine, workshop
        self._turns: WeakValueDictionary[tuple[str, CheckId], asyncio.Lock] = WeakValueDictionary()
        self._waiting: dict[tuple[str, CheckId], asyncio.Task[Outcome]] = {}
        self._runs: set[asyncio.Task[Outcome]] = set()
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for each in self._runs:
            each.cancel()
        await self._group.__aexit__(None, None, None)

    async def run(self, pod_name: str, check: Check, values: Mapping[str, str]) -> Outcome:
        """As `run_check`, in turn."""
        key = (pod_name, check.id)
        run = self._waiting.get(key)
        if run is None:
            run = self._waiting[key] = self._group.create_task(self._in_turn(key, check, values))
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)
        return await asyncio.shield(run)

    async def _in_turn(self, key: tuple[str, CheckId], check: Check, values: Mapping[str, str]) -> Outcome:
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            del self._waiting[key]
            try:
                return await run_check(self._engine, key[0], self._workshop, check, values)
            except Exception:  # a mistake of ours in one check must not end those of other seats
                _log.exception("check %s of %s ended by a mistake", check.id, key[0])
                return Outcome("error", "The check could not be run: internal error; see the log.\n")


class _Tail:
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
