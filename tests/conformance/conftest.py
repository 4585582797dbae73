"""One engine of its own for the whole folder, and all manifests on it several at a time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

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
IMAGE = "busybox:stable"

Results = dict[str, "asyncio.Task[list[str]]"]


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
async def target(image: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    """podlab with an agent, on an engine that nobody else uses: its pods end, and their names are short."""
    where = place(f"t{uuid.uuid4().hex[:6]}")
    try:
        address = (await start(where, own_network=True)).address
        loaded = docker("--host", address, "load", stdin=docker("save", image, infra_image()).stdout)
        assert loaded.returncode == 0, loaded.stderr.decode()
        assert docker("--host", address, "tag", image, IMAGE).returncode == 0
        async with on_engine(address, tmp_path_factory.mktemp("conformance")) as found:
            yield found
    finally:
        await stop(where, purge=True)


@pytest.fixture(scope="module")
async def results(target: Target, selected: list[case.Case]) -> AsyncIterator[Results]:
    """What each case will have come to. All are under way from the first test on."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(each: case.Case) -> list[str]:
        async with places:
            return await runner.run(target, each, slower=SLOWER)

    async with asyncio.TaskGroup() as group:
        tasks = {each.name: group.create_task(one(each)) for each in selected}
        yield tasks
        for task in tasks.values():
            task.cancel()
