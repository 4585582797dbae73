"""The part of the agent that looks after workloads: it makes the pods that are missing, changes those that differ, and
moves Jobs and CronJobs on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from podlab.clock import Clock, SystemClock
from podlab.errors import PodlabError, Unavailable
from podlab.model.workloads import CronJob, Job, Replicated, Workload
from podlab.workloads import cron, kept
from podlab.workloads.acting import act, act_on_job, pods_of, repair
from podlab.workloads.change import delete
from podlab.workloads.decide import next_step
from podlab.workloads.state import state_of
from podlab.workloads.template import is_job_of, reference

if TYPE_CHECKING:
    from podlab.engines.base import Engine, PodEvent
    from podlab.status import PodStatus

ROUND_S = 30.0
SOON_S = 1.0
"""After a step: what it has made gets ready, or not."""
SETTLE_S = 0.2
"""After an event, which seldom comes alone."""

_CHANGES: Final = ("start", "die", "destroy")

OnDone = Callable[[str, str, str], None]
"""What was done: a verb, the workload as `deployment/web`, and a message for people."""


class Controller:
    """All workloads of one engine. Several at once do the same steps, so only the work twice."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock | None = None,
        *,
        on_done: OnDone = lambda verb, workload, message: None,
    ) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()
        self._on_done = on_done
        self._noticed = asyncio.Event()
        self._has_workloads = False
        self._waited_s: dict[str, float] = {}

    def notice(self, event: PodEvent) -> None:
        """Something happened to a pod: look soon, where it may be one of a workload's. What is put while no workload
        is known is found at the next round."""
        if self._has_workloads and event.action in _CHANGES:
            self._noticed.set()

    async def run(self) -> None:
        """Until cancelled. An engine that does not answer is asked again a round later."""
        while True:
            pause_s = ROUND_S
            try:
                pause_s = await self.round()
            except Unavailable:
                pass  # which the agent tells
            except PodlabError as error:
                self._on_done("failed", "", error.message)
            await self._rest(pause_s)

    async def round(self) -> float:
        """One step of every workload. Returns after how many seconds the next one is due."""
        self._noticed.clear()
        workloads = await kept.everything(self._engine)
        self._has_workloads = bool(workloads)
        if not workloads:
            return ROUND_S
        statuses = await self._engine.list()
        pauses = [ROUND_S]
        # A CronJob's Jobs come before its pods: what it makes is moved on in the same round.
        for each in sorted(workloads, key=lambda each: not isinstance(each, CronJob)):
            try:
                pauses.append(await self._look(each, workloads, statuses))
            except PodlabError as error:
                self._on_done("failed", reference(each), error.message)
        return min(pauses)

    async def _look(
        self, workload: Workload, workloads: Sequence[Workload], statuses: Sequence[PodStatus]
    ) -> float:
        if isinstance(workload, CronJob):
            jobs = [each for each in workloads if isinstance(each, Job) and is_job_of(each, workload)]
            return await self._cron(workload, jobs)
        if isinstance(workload, Job):
            return await self._job(workload, statuses)
        return await self._replicated(workload, statuses)

    async def _replicated(self, workload: Replicated, statuses: Sequence[PodStatus]) -> float:
        mine = await pods_of(self._engine, workload, statuses)
        step = next_step(workload, mine, {status.name for status in statuses}, self._clock.now())
        name = reference(workload)
        await repair(self._engine, workload, (each for each in mine if each.name not in step.remove))
        if not step.changes_something:
            before_s = self._waited_s.pop(name, SOON_S / 2)
            if not step.awaits:
                return ROUND_S
            self._waited_s[name] = min(before_s * 2, ROUND_S)  # it may never get ready
            return self._waited_s[name]
        self._waited_s.pop(name, None)
        await act(self._engine, workload, step)
        made = [f"made {pod.name}" for pod in step.create]
        self._on_done(
            "changed", reference(workload), ", ".join([*made, *(f"removed {n}" for n in step.remove)])
        )
        return SOON_S

    async def _job(self, job: Job, statuses: Sequence[PodStatus]) -> float:
        before = state_of(job)
        step = await act_on_job(self._engine, job, statuses, self._clock.now())
        if step.is_over_and_gone:
            await delete(self._engine, "Job", job.metadata.name)
            self._on_done("removed", reference(job), "its time to live after it finished is over")
            return ROUND_S
        if before.finished_at is None and step.state.finished_at is not None:
            self._on_done("finished", reference(job), f"{step.state.condition}: {step.state.message}")
        if step.create:
            self._on_done("changed", reference(job), ", ".join(f"made {pod.name}" for pod in step.create))
        return self._until(step.wake_at)

    async def _cron(self, cron_job: CronJob, jobs: Sequence[Job]) -> float:
        step = cron.decide(cron_job, state_of(cron_job), jobs, self._clock.now())
        for name in step.remove:
            await delete(self._engine, "Job", name)
        if step.create is not None:
            job, put = await kept.keep(self._engine, step.create, self._clock.now())
            if put == "created":
                self._on_done("changed", reference(cron_job), f"made job/{job.metadata.name}")
            self._noticed.set()
        await kept.note(self._engine, cron_job, step.state)
        return self._until(step.wake_at)

    def _until(self, at: float | None) -> float:
        return ROUND_S if at is None else max(0.0, at - self._clock.now())

    async def _rest(self, pause_s: float) -> None:
        """Until something is noticed, or the time is over."""
        waiting = asyncio.ensure_future(self._noticed.wait())
        resting = asyncio.ensure_future(self._clock.sleep(pause_s))
        try:
            await asyncio.wait([waiting, resting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            resting.cancel()
        if self._noticed.is_set():
            await self._clock.sleep(SETTLE_S)
