"""What an agent does for workloads, on the fake engine; time passes only when told."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from podlab.model import Container
from podlab.model.workloads import Job, PodTemplate, Workload
from podlab.testing.fake import FakeEngine
from podlab.workloads import kept
from podlab.workloads.change import apply, delete
from podlab.workloads.controller import ROUND_S, Controller
from podlab.workloads.state import State, state_of, with_state
from podlab.workloads.template import template_of, with_template
from tests.clock import ManualClock
from tests.workloads.made import cron_job, deployment, job, stateful_set


def runs(workload: Workload, script: str) -> Workload:
    template: PodTemplate = template_of(workload)
    spec = dataclasses.replace(
        template.spec,
        termination_grace_period_seconds=0,
        containers=(Container(name="app", image="busybox", command=("sh", "-c", script)),),
    )
    return with_template(workload, dataclasses.replace(template, spec=spec))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@asynccontextmanager
async def running(engine: FakeEngine, clock: ManualClock) -> AsyncIterator[list[str]]:
    """A controller at work; what it tells."""
    told: list[str] = []
    controller = Controller(
        engine, clock, on_done=lambda verb, name, message: told.append(f"{name} {verb}: {message}")
    )
    task = asyncio.create_task(controller.run())
    await rest()
    try:
        yield told
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def rest(seconds: float = 0.1) -> None:
    """The fake's processes run in real time."""
    await asyncio.sleep(seconds)


async def round_(clock: ManualClock, seconds: float = ROUND_S) -> None:
    await clock.pass_(seconds)
    await rest()


async def names(engine: FakeEngine) -> list[str]:
    return [status.name for status in await engine.list()]


async def of_job(engine: FakeEngine, name: str) -> State:
    found = await kept.find(engine, "Job", name)
    assert isinstance(found, Job)
    return state_of(found)


async def test_a_pod_that_is_gone_is_made_again(engine: FakeEngine, clock: ManualClock) -> None:
    await apply(engine, runs(deployment(replicas=2), "sleep 1000"), wait=False)
    async with running(engine, clock) as told:
        await engine.delete("web-1")
        await round_(clock)
        assert await names(engine) == ["web-1", "web-2"]
    assert told == ["deployment/web changed: made web-1"]


async def test_a_change_that_nobody_waits_for_is_brought_to_its_end(
    engine: FakeEngine, clock: ManualClock
) -> None:
    await apply(engine, runs(stateful_set(replicas=2), "sleep 1000"))
    await apply(engine, runs(stateful_set(replicas=2), "sleep 2000"), wait=False)
    async with running(engine, clock):
        for _ in range(8):
            await round_(clock, 2)
    revisions = {status.labels["podlab.io/revision"] for status in await engine.list()}
    assert len(revisions) == 1 and len(await engine.list()) == 2


async def test_what_is_removed_stays_removed(engine: FakeEngine, clock: ManualClock) -> None:
    await apply(engine, runs(deployment(replicas=2), "sleep 1000"))
    async with running(engine, clock):
        assert await delete(engine, "Deployment", "web") == ["web-1", "web-2"]
        await round_(clock)
        assert await names(engine) == []


async def test_a_job_is_moved_on_and_goes_after_its_time(engine: FakeEngine, clock: ManualClock) -> None:
    await apply(engine, runs(job(completions=2, ttl_seconds_after_finished=60), "true"), wait=False)
    async with running(engine, clock) as told:
        for _ in range(4):
            await round_(clock, 15)
        assert (await of_job(engine, "sum")).condition == "Complete"
        assert await names(engine) == ["sum-1", "sum-2"]
        for _ in range(4):
            await round_(clock)
        assert await names(engine) == [] and await kept.find(engine, "Job", "sum") is None
    assert "job/sum finished: Complete: Reached expected number of succeeded pods" in told


async def test_a_failed_pod_is_tried_again_when_its_back_off_is_over(
    engine: FakeEngine, clock: ManualClock
) -> None:
    await apply(engine, runs(job(backoff_limit=1), "exit 1"), wait=False, clock=clock)
    await rest()
    async with running(engine, clock):
        await round_(clock, 9)
        assert await names(engine) == ["sum-1"]
        await round_(clock, 2)
        assert await names(engine) == ["sum-1", "sum-2"]
        await round_(clock)
        assert (await of_job(engine, "sum")).reason == "BackoffLimitExceeded"


@pytest.mark.long
async def test_a_cron_job_makes_jobs_at_its_times_and_keeps_a_few(
    engine: FakeEngine, clock: ManualClock
) -> None:
    cron = runs(cron_job("*/5 * * * *", successful_jobs_history_limit=1), "true")
    await apply(engine, cron, clock=clock)
    async with running(engine, clock):
        for _ in range(32):
            await round_(clock)
        jobs = [each for each in await kept.everything(engine) if isinstance(each, Job)]
        assert 1 <= len(jobs) <= 2
        assert all(state_of(each).condition in ("Complete", "") for each in jobs)
        assert await delete(engine, "CronJob", "sums")
    assert await kept.everything(engine) == [] and await names(engine) == []


async def test_two_at_once_make_nothing_twice(engine: FakeEngine, clock: ManualClock) -> None:
    await apply(engine, runs(deployment(replicas=3), "sleep 1000"), wait=False)
    for name in await names(engine):
        await engine.delete(name)
    async with running(engine, clock), running(engine, clock):
        await round_(clock)
        await round_(clock)
        assert await names(engine) == ["web-1", "web-2", "web-3"]


async def test_one_workload_that_fails_leaves_the_others_alone(
    engine: FakeEngine, clock: ManualClock
) -> None:
    bad = dataclasses.replace(
        deployment("not/there", replicas=1),
        metadata=dataclasses.replace(deployment().metadata, name="bad"),
    )
    await engine.put(with_state(bad, State()))
    await engine.put(with_state(runs(deployment(replicas=1), "sleep 1000"), State()))
    async with running(engine, clock) as told:
        await round_(clock)
        assert await names(engine) == ["web-1"]
    assert any(line.startswith("deployment/bad failed: ") for line in told)
