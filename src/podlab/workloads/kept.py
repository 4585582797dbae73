"""Workloads as an engine keeps them, with what podlab has noted on them."""

from __future__ import annotations

import dataclasses
from typing import Final, TypeVar

from podlab.engines.base import Engine, Put
from podlab.errors import Conflict, NotFound
from podlab.model.workloads import CronJob, DaemonSet, Deployment, Job, Replicated, StatefulSet, Workload
from podlab.wire import encode
from podlab.workloads.state import Revision, State, state_of, with_state
from podlab.workloads.template import kind_of, reference, revision

KINDS: Final = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
HISTORY: Final = 10
"""https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#revision-history-limit"""

W = TypeVar("W", bound=Workload)


async def find(engine: Engine, kind: str, name: str) -> Workload | None:
    """The workload with its state; None where there is none."""
    try:
        found = await engine.object(kind, name)
    except NotFound:
        return None
    return found if isinstance(found, Workload) else None


async def everything(engine: Engine) -> list[Workload]:
    """All workloads, with their states."""
    return [each for each in await engine.objects(*KINDS) if isinstance(each, Workload)]


async def keep(engine: Engine, wanted: W, now: float) -> tuple[W, Put]:
    """Put what people wrote, with what is noted on the one that is there. `Conflict` where a Job would change in what
    its pods are made of: https://kubernetes.io/docs/concepts/workloads/controllers/job/#mutable-scheduling-directives"""
    former = await find(engine, kind_of(wanted), wanted.metadata.name)
    state = state_of(former) if former else State()
    if isinstance(wanted, Job) and isinstance(former, Job):
        _refuse_other_job(former, wanted)
    if isinstance(wanted, CronJob) and state.last_scheduled_at is None:
        state = dataclasses.replace(state, last_scheduled_at=now)
    if isinstance(wanted, Replicated):
        state = dataclasses.replace(state, revisions=_revisions(wanted, state))
    made = with_state(wanted, state)
    return made, await engine.put(made)


async def note(engine: Engine, workload: Workload, state: State) -> bool:
    """Keep another state of a workload as it is now. False where it is gone: then nothing is kept."""
    there = await find(engine, kind_of(workload), workload.metadata.name)
    if there is None:
        return False
    if state_of(there) != state:
        await engine.put(with_state(there, state))
    return True


def _revisions(workload: Replicated, state: State) -> tuple[Revision, ...]:
    """The templates so far, each once, the current one last."""
    now = Revision(hash=revision(workload.spec.template), template=workload.spec.template)
    said = workload.spec.revision_history_limit if isinstance(workload, _WITH_HISTORY) else None
    limit = HISTORY if said is None else said
    before = [each for each in state.revisions if each.hash != now.hash]
    return (*before[len(before) - limit if len(before) > limit else 0 :], now)


_WITH_HISTORY: Final = (Deployment, StatefulSet, DaemonSet)


def _refuse_other_job(former: Job, wanted: Job) -> None:
    fixed = [
        encode(
            dataclasses.replace(
                each.spec, parallelism=None, suspend=None, active_deadline_seconds=None,
                ttl_seconds_after_finished=None, backoff_limit=None,
            )
        )
        for each in (former, wanted)
    ]  # fmt: skip
    if fixed[0] != fixed[1]:
        raise Conflict(
            f"{reference(wanted)} is there already, and its template and completions cannot change",
            subject=wanted.metadata.name,
            hint=f"`podlab down {reference(wanted)}` removes it with its pods; or give the new one another name",
        )
