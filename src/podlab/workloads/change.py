"""Bring a workload's pods to what is wanted, and wait: `up`, `scale` and `down` of a workload."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from podlab import naming
from podlab.clock import Clock, SystemClock
from podlab.errors import NotFound, PodlabError, TimedOut, Unsupported, ungrouped
from podlab.model.workloads import DaemonSet, Deployment, Job, Replicated, StatefulSet, Workload
from podlab.pods.ready import wait_ready
from podlab.pods.up import down, up
from podlab.status import PodStatus
from podlab.workloads import kept
from podlab.workloads.acting import act, act_on_job, pods_of, repair
from podlab.workloads.decide import next_step
from podlab.workloads.jobs import COMPLETE
from podlab.workloads.state import as_written
from podlab.workloads.template import claims, ordinal_of, reference

if TYPE_CHECKING:
    from podlab.engines.base import Change, Engine, Put
    from podlab.model import Pod
    from podlab.pods.ready import OnProgress

PAUSE_S = 0.5


async def apply(
    engine: Engine,
    workload: Workload,
    *,
    wait: bool = True,
    timeout_s: float | None = None,
    clock: Clock | None = None,
    on_change: Callable[[Change], None] = lambda change: None,
    on_progress: OnProgress = lambda progress: None,
) -> Put:
    """Keep the workload on the engine and make its pods as wanted. Images must be there.

    With `wait` it returns when a change is through and all pods are ready, or when a Job is complete; `TimedOut`
    where that takes longer, and `PodlabError` where the Job has failed. It goes on from there under an agent, or when
    it is applied again. Without `wait` an agent does all that comes after the first step. Of a CronJob it makes no
    pods: that is the agent's. An engine with a node does all of it by itself, and is only waited for.
    """
    clock = clock or SystemClock()
    made, put = (
        (workload, await engine.put(workload))
        if engine.has_node
        else await kept.keep(engine, workload, clock.now())
    )
    try:
        async with asyncio.timeout(timeout_s):
            if engine.has_node:
                await _followed(engine, made, wait, clock)
            elif isinstance(made, Replicated):
                await _settle(engine, made, wait, clock, on_change, on_progress)
            elif isinstance(made, Job):
                await _finish(engine, made, wait, clock, on_change)
    except TimeoutError:
        raise TimedOut(
            f"{reference(workload)} is not as wanted after {timeout_s:g} s",
            subject=workload.metadata.name,
            hint="an agent goes on with it, or the same command again; `podlab ps` shows its pods",
        ) from None
    return put


async def scale(
    engine: Engine,
    kind: str,
    name: str,
    replicas: int,
    *,
    wait: bool = True,
    timeout_s: float | None = None,
    on_change: Callable[[Change], None] = lambda change: None,
    on_progress: OnProgress = lambda progress: None,
) -> Workload:
    """Another number of pods. `NotFound` where there is no such workload, `Unsupported` for kinds that have no number
    of pods to say."""
    found = await existing(engine, kind, name)
    if not isinstance(found, Replicated) or isinstance(found, DaemonSet):
        raise Unsupported(
            f"{reference(found)} has no number of pods that could be scaled",
            subject=name,
            hint="Deployments, ReplicaSets and StatefulSets have one",
        )
    written: Any = as_written(found)
    wanted: Workload = dataclasses.replace(written, spec=dataclasses.replace(written.spec, replicas=replicas))
    await apply(engine, wanted, wait=wait, timeout_s=timeout_s, on_change=on_change, on_progress=on_progress)
    return wanted


async def delete(engine: Engine, kind: str, name: str, *, grace_s: int | None = None) -> list[str]:
    """Remove the workload, so that nobody makes pods of it, and then its pods; of a CronJob its Jobs first. Returns
    the names of the pods. One that is gone is not an error, and its pods go all the same."""
    found = await kept.find(engine, kind, name)
    before = await engine.list() if engine.has_node else []  # the engine takes them with it
    await engine.remove(kind, name)
    names = [status.name for status in before if _belongs(status, kind, name)]
    for job in await engine.objects("Job") if kind == "CronJob" else ():
        if job.metadata.labels.get(naming.OWNER_NAME) == name:
            names += await delete(engine, "Job", job.metadata.name, grace_s=grace_s)
    mine = [status.name for status in await engine.list() if _belongs(status, kind, name)]
    await down(engine, mine, grace_s=grace_s)
    if isinstance(found, StatefulSet):
        await _drop_claims(engine, found, [*names, *mine])
    return sorted({*names, *mine})


async def existing(engine: Engine, kind: str, name: str) -> Workload:
    """The workload as people wrote it, with its state. `NotFound` where there is none."""
    found = await kept.find(engine, kind, name)
    if found is None:
        raise NotFound(
            f"there is no {kind.lower()} '{name}'",
            subject=name,
            hint="`podlab ps -a` lists pods and their owners",
        )
    return found


def _belongs(status: PodStatus, kind: str, name: str) -> bool:
    labels = status.labels
    return labels.get(naming.OWNER_KIND) == kind and labels.get(naming.OWNER_NAME) == name


async def _settle(
    engine: Engine,
    workload: Replicated,
    wait: bool,
    clock: Clock,
    on_change: Callable[[Change], None],
    on_progress: OnProgress,
) -> None:
    while True:
        statuses = await engine.list()
        mine = await pods_of(engine, workload, statuses)
        step = next_step(workload, mine, {status.name for status in statuses}, clock.now())
        if step.is_done or not (wait or step.changes_something):
            return
        await act(engine, workload, step, on_change)
        await repair(engine, workload, (each for each in mine if each.name not in step.remove))
        if wait:
            await _ready(engine, workload, [*(pod.name for pod in step.create), *step.awaits], on_progress)
            if not step.changes_something:
                await clock.sleep(PAUSE_S)


async def _followed(engine: Engine, workload: Workload, wait: bool, clock: Clock) -> None:
    while wait:
        found = await engine.rollout(type(workload).__name__, workload.metadata.name)
        if found.is_failed:
            raise PodlabError(
                f"{reference(workload)} has failed: {found.message}",
                subject=workload.metadata.name,
                hint="`podlab ps -a` shows its pods, and `podlab logs` what they wrote",
            )
        if found.is_done:
            return
        await clock.sleep(PAUSE_S)


async def _ready(engine: Engine, workload: Replicated, names: list[str], on_progress: OnProgress) -> None:
    """Applied once more, so that what was stopped is started; one that is gone is the next step's business."""
    pods = [pod for name in names if (pod := await _spec(engine, name)) is not None]
    limit_s = workload.spec.progress_deadline_seconds if isinstance(workload, Deployment) else None
    await up(engine, pods, timeout_s=limit_s, keep_on_error=True, on_progress=on_progress)


async def _spec(engine: Engine, name: str) -> Pod | None:
    try:
        return await engine.spec(name)
    except NotFound:
        return None


async def _finish(
    engine: Engine, job: Job, wait: bool, clock: Clock, on_change: Callable[[Change], None]
) -> None:
    """Until it is complete; without `wait` only its first pods are made. `PodlabError` where it fails."""
    driving: list[asyncio.Task[None]] = []
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            while True:
                step = await act_on_job(engine, job, await engine.list(), clock.now(), on_change)
                if not wait:
                    return
                driving += [group.create_task(_drive(engine, pod.name)) for pod in step.create]
                if step.state.finished_at is not None:
                    break
                await clock.sleep(PAUSE_S)
                job = await _again(engine, job)
            for task in driving:
                task.cancel()
    if step.state.condition != COMPLETE:
        raise PodlabError(
            f"{reference(job)} has failed: {step.state.message}",
            subject=job.metadata.name,
            hint=f"its pods are there for their logs: {', '.join(step.state.failed[-3:]) or 'none has failed'}",
        )


async def _drive(engine: Engine, name: str) -> None:
    """Its init containers, probes and hooks, without an agent. How it ends is seen in the list of pods."""
    with contextlib.suppress(PodlabError):
        await wait_ready(engine, name, drives=True)


async def _again(engine: Engine, job: Job) -> Job:
    found = await kept.find(engine, "Job", job.metadata.name)
    if not isinstance(found, Job):
        raise NotFound(f"{reference(job)} was removed meanwhile", subject=job.metadata.name)
    return found


async def _drop_claims(engine: Engine, workload: StatefulSet, pods: Sequence[str]) -> None:
    retention = workload.spec.persistent_volume_claim_retention_policy
    if retention is None or retention.when_deleted != "Delete":
        return
    for name in pods:
        for claim in claims(workload, ordinal_of(workload, name)):
            await engine.remove("PersistentVolumeClaim", claim.metadata.name)
