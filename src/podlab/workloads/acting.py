"""Steps carried out on an engine: claims first, then pods come and go at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from podlab.errors import NotFound, ungrouped
from podlab.model.workloads import Job, Replicated, Workload
from podlab.pods.up import AT_ONCE, down
from podlab.workloads import kept
from podlab.workloads.decide import remade
from podlab.workloads.jobs import JobStep, decide
from podlab.workloads.owned import Owned, is_owned, owned
from podlab.workloads.state import state_of
from podlab.workloads.step import Step

if TYPE_CHECKING:
    from podlab.engines.base import Change, Engine
    from podlab.model import Pod
    from podlab.status import PodStatus

OnChange = Callable[["Change"], None]


async def repair(engine: Engine, workload: Replicated | Job, pods: Iterable[Owned]) -> None:
    """Of pods that have lost their infra container, what they should be is known here alone."""
    for each in pods:
        if each.is_lost:
            await engine.apply(remade(workload, each))


async def act(
    engine: Engine, workload: Workload, step: Step, on_change: OnChange = lambda change: None
) -> None:
    """Nothing is waited for but that pods are begun and others gone. Whoever removed the workload meanwhile finds none
    of its pods afterwards."""
    for claim in step.claims:
        try:
            await engine.object("PersistentVolumeClaim", claim.metadata.name)
        except NotFound:
            await engine.put(claim)
    places = asyncio.Semaphore(AT_ONCE)
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(down(engine, step.remove))
            for pod in step.create:
                group.create_task(_make(engine, pod, places, on_change))
    for name in step.drop:
        await engine.remove("PersistentVolumeClaim", name)
    await undo_if_gone(engine, workload, [pod.name for pod in step.create])


async def act_on_job(
    engine: Engine,
    job: Job,
    statuses: Sequence[PodStatus],
    now: float,
    on_change: OnChange = lambda change: None,
) -> JobStep:
    """One step of a Job. What is counted is kept before anything else is done, so that nothing counts twice."""
    taken = {status.name for status in statuses}
    pods = await pods_of(engine, job, statuses)
    step = decide(job, state_of(job), pods, taken, now)
    await repair(engine, job, (each for each in pods if each.name not in step.remove))
    if await kept.note(engine, job, step.state):
        await act(engine, job, Step(create=step.create, remove=step.remove), on_change)
    return step


async def undo_if_gone(engine: Engine, workload: Workload, made: Sequence[str]) -> None:
    """Between looking and making, somebody may have removed the workload and all its pods but these."""
    if made and await kept.find(engine, type(workload).__name__, workload.metadata.name) is None:
        await down(engine, made)


async def pods_of(engine: Engine, workload: Workload, statuses: Iterable[PodStatus]) -> list[Owned]:
    """Its own of these. Where a Job's restarts count as failures they are looked up, since lists have none."""
    mine = [status for status in statuses if is_owned(status, workload)]
    if isinstance(workload, Job) and workload.spec.template.spec.restart_policy == "OnFailure":
        mine = [status for each in mine if (status := await _exact(engine, each)) is not None]
    return owned(workload, mine)


async def _make(engine: Engine, pod: Pod, places: asyncio.Semaphore, on_change: OnChange) -> None:
    async with places:
        await engine.apply(pod, on_change=on_change)


async def _exact(engine: Engine, status: PodStatus) -> PodStatus | None:
    try:
        return await engine.get(status.name)
    except NotFound:
        return None
