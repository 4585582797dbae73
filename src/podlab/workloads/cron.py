"""What to do next for a CronJob. Pure.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from podlab import schedule
from podlab.model import Metadata
from podlab.model.workloads import CronJob, Job
from podlab.workloads.jobs import COMPLETE
from podlab.workloads.state import State, state_of
from podlab.workloads.template import owner_labels

SUCCESSFUL_KEPT: Final = 3
FAILED_KEPT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CronStep:
    """Jobs to remove with their pods, then one to put, then the state to keep."""

    state: State
    create: Job | None = None
    remove: tuple[str, ...] = ()
    wake_at: float | None = None


def decide(cron: CronJob, state: State, jobs: Sequence[Job], now: float) -> CronStep:
    """`jobs` are its own, as the engine keeps them. Of times that were missed only the last one is made up for."""
    spec = cron.spec
    if state.last_scheduled_at is None:
        state = dataclasses.replace(state, last_scheduled_at=now)
    remove = _history(cron, jobs)
    wake = schedule.following(spec.schedule, spec.time_zone, now)
    due = _due(cron, state, now)
    active = [job for job in jobs if state_of(job).finished_at is None]
    if due is None or (active and spec.concurrency_policy == "Forbid"):
        return CronStep(state=state, remove=remove, wake_at=wake)
    if spec.concurrency_policy == "Replace":
        remove = (*remove, *(job.metadata.name for job in active))
    state = dataclasses.replace(state, last_scheduled_at=due)
    return CronStep(state=state, create=job_at(cron, due), remove=remove, wake_at=wake)


def job_at(cron: CronJob, at: float) -> Job:
    """The Job of one time of the schedule. It is named by it, so that two agents make one."""
    template = cron.spec.job_template
    return Job(
        metadata=Metadata(
            name=f"{cron.metadata.name}-{int(at) // 60}",
            labels={**template.metadata.labels, **owner_labels(cron)},
            annotations=template.metadata.annotations,
        ),
        spec=template.spec,
    )


def _due(cron: CronJob, state: State, now: float) -> float | None:
    spec = cron.spec
    if spec.suspend:
        return None
    last = schedule.last(spec.schedule, spec.time_zone, now)
    if last is None or last <= (state.last_scheduled_at or now):
        return None
    too_late = spec.starting_deadline_seconds is not None and now - last > spec.starting_deadline_seconds
    return None if too_late else last


def _history(cron: CronJob, jobs: Sequence[Job]) -> tuple[str, ...]:
    """The oldest of those that are over, beyond what is to be kept."""
    over = sorted(
        (job for job in jobs if state_of(job).finished_at), key=lambda job: state_of(job).finished_at or 0
    )
    good = [job.metadata.name for job in over if state_of(job).condition == COMPLETE]
    bad = [job.metadata.name for job in over if state_of(job).condition != COMPLETE]
    keep = _kept(cron.spec.successful_jobs_history_limit, SUCCESSFUL_KEPT)
    keep_bad = _kept(cron.spec.failed_jobs_history_limit, FAILED_KEPT)
    return (*good[: max(0, len(good) - keep)], *bad[: max(0, len(bad) - keep_bad)])


def _kept(said: int | None, otherwise: int) -> int:
    return otherwise if said is None else said
