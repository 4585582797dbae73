"""All manifests on one target, several at a time, while the tests that ask for their results come one by one."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from typing import Final

from tests.conformance import case, runner
from tests.conformance.target import Target

AT_ONCE: Final = 10
"""Manifests on the engine. Most of their time they wait for seconds to pass."""
SLOWER: Final = 4.0
"""What other tests on the same processors may cost."""
PENDING_SLOWER: Final = 0.5
"""What is not expected to be so yet is not waited for as long."""

Results = Mapping[str, "Future[list[str]]"]
"""By a case's name: its differences."""


_Outcome = list[str] | Exception
"""Of one try: its differences, or why there was none."""


@contextmanager
def under_way(
    on: AbstractAsyncContextManager[Target],
    cases: Collection[case.Case],
    pending: Collection[str],
    *,
    again: bool = False,
) -> Iterator[Results]:
    """What each case will have come to. All are under way from the first test on, in a thread with a loop of its
    own, since each test would have another one. `pending` are the names of those that are expected to differ. `again`:
    one that differs is tried once more, alone, when the others are done; for a target that is not ours to mend."""
    trials = _Trials(cases, pending, again)
    errors: list[BaseException] = []

    def thread() -> None:
        try:
            asyncio.run(trials.run(on))
        except BaseException as error:
            errors.append(error)
            for future in trials.found.values():
                if not future.done():
                    future.set_exception(error)

    running = threading.Thread(target=thread, name="conformance")
    running.start()
    try:
        yield trials.found
    finally:
        trials.is_over.set()
        running.join()
    if errors:
        raise errors[0]


class _Trials:
    """`is_over` ends those that are still under way."""

    def __init__(self, cases: Collection[case.Case], pending: Collection[str], again: bool) -> None:
        self._cases, self._pending, self._again = sorted(cases, key=_slowness), pending, again
        self.found = {each.name: Future[list[str]]() for each in cases}
        self.is_over = threading.Event()

    async def run(self, on: AbstractAsyncContextManager[Target]) -> None:
        async with on as target:
            running = asyncio.create_task(self._every(target))
            while not running.done() and not self.is_over.is_set():
                await asyncio.wait([running], timeout=0.2)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def _every(self, target: Target) -> None:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(each: case.Case) -> tuple[case.Case, _Outcome]:
            async with places:
                outcome = await self._outcome(target, each)
            if outcome == [] or each.name in self._pending or not self._again:
                self._settle(each, outcome)
            return each, outcome

        for each, outcome in await asyncio.gather(*map(one, self._cases)):
            if not self.found[each.name].done():
                warnings.warn(f"{each.name} is tried again, it differed: {outcome}", stacklevel=1)
                self._settle(each, await self._outcome(target, each))

    async def _outcome(self, target: Target, each: case.Case) -> _Outcome:
        try:
            slower = PENDING_SLOWER if each.name in self._pending else SLOWER
            return await runner.run(target, each, slower=slower)
        except Exception as error:
            return error

    def _settle(self, each: case.Case, outcome: _Outcome) -> None:
        if isinstance(outcome, Exception):
            self.found[each.name].set_exception(outcome)
        else:
            self.found[each.name].set_result(outcome)


def _slowness(each: case.Case) -> float:
    """The slowest come first."""
    seconds: Iterator[float] = (
        max(step.get("within", runner.WITHIN_S), step.get("after", 0)) + step.get("stays", 0)
        for step in each.steps
    )
    return -sum(seconds)
