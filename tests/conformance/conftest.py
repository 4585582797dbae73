"""One engine of its own for the whole folder, and all manifests on it several at a time."""

from __future__ import annotations

import asyncio
import shutil
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podlab.engines.docker.daemon import place, start, stop
from podlab.naming import infra_image
from tests.conformance import case, runner
from tests.conformance.target import Target
from tests.conformance.with_podlab import on_engine
from tests.conftest import docker

AT_ONCE = 10
"""Manifests on the engine. Most of their time they wait for seconds to pass."""
SLOWER = 2.0
"""What other tests on the same processors may cost."""
PENDING_SLOWER = 0.5
"""What is not expected to be so yet is not waited for as long."""
IMAGE = "busybox:stable"
HOST_FOLDER = "/tmp/podlab-conformance"
"""What manifests with a hostPath make on the machine."""


@pytest.fixture(scope="module")
def selected(request: pytest.FixtureRequest) -> list[case.Case]:
    """The cases that are to be run now, whatever `-k` left out. Slow ones first."""
    found = {each.name: each for item in request.session.items if (each := _case(item))}
    return sorted(found.values(), key=lambda each: -sum(_slowness(step) for step in each.steps))


def _case(item: pytest.Item) -> case.Case | None:
    each = item.callspec.params.get("case") if hasattr(item, "callspec") else None
    # those of test_format.py need no engine
    return each if isinstance(each, case.Case) and "results" in getattr(item, "fixturenames", ()) else None


def _slowness(step: case.Expected) -> float:
    return float(max(step.get("within", runner.WITHIN_S), step.get("after", 0)) + step.get("stays", 0))


@pytest.fixture(scope="module")
def results(
    image: str, selected: list[case.Case], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[list[str]]]]:
    """What each case will have come to. All are under way from the first test on, in a thread with a loop of its
    own, since each test would have another one."""
    found = {each.name: Future[list[str]]() for each in selected}
    is_over = threading.Event()
    errors: list[BaseException] = []

    async def all_of_them() -> None:
        places = asyncio.Semaphore(AT_ONCE)
        async with podlab_alone(image, tmp_path_factory.mktemp("conformance")) as target:
            try:
                async with asyncio.timeout(None) as patience, asyncio.TaskGroup() as group:
                    for each in selected:
                        group.create_task(_one(target, each, places, found[each.name]))
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
    yield found
    is_over.set()
    running.join()
    if errors:
        raise errors[0]


async def _until(
    is_over: threading.Event, patience: asyncio.Timeout, found: dict[str, Future[list[str]]]
) -> None:
    """Ends the others where the tests were ended."""
    while not all(future.done() for future in found.values()):
        if is_over.is_set():
            patience.reschedule(0)
        await asyncio.sleep(0.2)


async def _one(target: Target, each: case.Case, places: asyncio.Semaphore, told: Future[list[str]]) -> None:
    pending = case.pending()
    async with places:
        try:
            slower = PENDING_SLOWER if each.name in pending else SLOWER
            told.set_result(await runner.run(target, each, slower=slower))
        except Exception as error:
            told.set_exception(error)


@asynccontextmanager
async def podlab_alone(image: str, folder: Path) -> AsyncIterator[Target]:
    """podlab with an agent, on an engine that nobody else uses: its pods end, and their names are short."""
    where = place(f"t{uuid.uuid4().hex[:6]}")
    try:
        address = (await start(where, own_network=True)).address
        loaded = docker("--host", address, "load", stdin=docker("save", image, infra_image()).stdout)
        assert loaded.returncode == 0, loaded.stderr.decode()
        assert docker("--host", address, "tag", image, IMAGE).returncode == 0
        async with on_engine(address, folder) as found:
            yield found
    finally:
        await stop(where, purge=True)
        shutil.rmtree(HOST_FOLDER, ignore_errors=True)
