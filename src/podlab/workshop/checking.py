"""Whether something is done in a seat: a lesson's check, run where the attendee works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self
from weakref import WeakValueDictionary

from podlab.errors import PodlabError
from podlab.workshop.running import run

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.lesson.lesson import Check, CheckId
    from podlab.manifest.workshop import Workshop

MAX_OUTPUT_BYTES: Final = 16 * 1024
"""Of what a check prints, the end is kept: there it says why."""

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
    try:
        check = check.filled(values)
        container = check.container or default_container(workshop)
        ran = await run(
            engine, pod_name, container, [check.shell, "-c", check.command],
            timeout_s=check.timeout_s, keep_bytes=MAX_OUTPUT_BYTES,
        )  # fmt: skip
    except PodlabError as error:
        return Outcome("error", f"The check could not be run: {error.message}\n")
    if ran.is_cut_short:
        return Outcome("error", f"{ran.output}The check did not end within {check.timeout_s} s.\n")
    if ran.problem:
        return Outcome("error", f"{ran.output}The check could not be run: {ran.problem}\n")
    return Outcome("passed", ran.output) if ran.exit_code == 0 else Outcome("failed", ran.output, check.hint)


def default_container(workshop: Workshop) -> str:
    """Where a check runs that names no container: beside the first terminal."""
    spec = workshop.spec
    return spec.terminals[0].container if spec.terminals else spec.pod.spec.containers[0].name


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
