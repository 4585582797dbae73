"""All manifests on one target, several at a time, while the tests that ask for their results come one by one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
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


@contextmanager
def under_way(
    on: AbstractAsyncContextManager[Target], cases: Collection[case.Case], pending: Collection[str]
) -> Iterator[Results]:
    """What each case will have come to. All are under way from the first test on, in a thread with a loop of its
    own, since each test would have another one. `pending` are the names of those that are expected to differ."""
    found = {each.name: Future[list[str]]() for each in cases}
    is_over = threading.Event()
    errors: list[BaseException] = []

    async def all_of_them() -> None:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(target: Target, each: case.Case) -> None:
            async with places:
                try:
                    slower = PENDING_SLOWER if each.name in pending else SLOWER
                    found[each.name].set_result(await runner.run(target, each, slower=slower))
                except Exception as error:
                    found[each.name].set_exception(error)

        async with on as target:
            try:
                async with asyncio.timeout(None) as patience, asyncio.TaskGroup() as group:
                    for each in sorted(cases, key=_slowness):
                        group.create_task(one(target, each))
                    group.create_task(_until(is_over, patience, found))
            except TimeoutError:
                pass

    def thread() -> None:
        try:
            asyncio.run(all_of_them())
        except BaseException as error:
            errors.append(error)
            for future in found.values():
                if not future.done():
                    future.set_exception(error)

    running = threading.Thread(target=thread, name="conformance")
    running.start()
    try:
        yield found
    finally:
        is_over.set()
        running.join()
    if errors:
        raise errors[0]


async def _until(is_over: threading.Event, patience: asyncio.Timeout, found: Results) -> None:
    """Ends the others where the tests were ended."""
    while not all(future.done() for future in found.values()):
        if is_over.is_set():
            patience.reschedule(0)
        await asyncio.sleep(0.2)


def _slowness(each: case.Case) -> float:
    """The slowest come first."""
    seconds: Iterator[float] = (
        max(step.get("within", runner.WITHIN_S), step.get("after", 0)) + step.get("stays", 0)
        for step in each.steps
    )
    return -sum(seconds)
