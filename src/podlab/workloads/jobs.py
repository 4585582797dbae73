"""What to do next for a Job. Pure: from what is wanted, what was noted, its pods, and the time.

https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Final

from podlab.model import Pod
from podlab.model.workloads import Job
from podlab.status import Phase
from podlab.workloads import policies
from podlab.workloads.owned import Owned
from podlab.workloads.state import State
from podlab.workloads.template import job_pod

BACKOFF_LIMIT: Final = 6
FIRST_BACKOFF_S: Final = 10.0
LONGEST_BACKOFF_S: Final = 360.0
"""https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy"""
COMPLETE: Final = "Complete"
FAILED: Final = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """`state` is to be kept before anything else is done. `wake_at`: look again then, even where nothing happens.
    `is_over_and_gone`: the Job itself goes, since its time to live is over."""

    state: State
    create: tuple[Pod, ...] = ()
    remove: tuple[str, ...] = ()
    wake_at: float | None = None
    is_over_and_gone: bool = False


def decide(job: Job, state: State, pods: Sequence[Owned], taken: Collection[str], now: float) -> JobStep:
    """`taken` are the names of all pods that are there. Pods that have ended stay, for their logs."""
    state = _counted(job, state, pods, now)
    active = [each for each in pods if not each.has_ended]
    if state.finished_at is not None:
        return _after(job, state, active, now)
    if job.spec.suspend:
        return JobStep(
            state=dataclasses.replace(state, started_at=None), remove=tuple(each.name for each in active)
        )
    if state.started_at is None:
        state = dataclasses.replace(state, started_at=now)
    if verdict := _verdict(job, state, pods, active, now):
        condition, reason, message = verdict
        state = dataclasses.replace(
            state, finished_at=now, condition=condition, reason=reason, message=message
        )
        return _after(job, state, active, now)
    return _going_on(job, state, active, taken, now)


def _going_on(job: Job, state: State, active: Sequence[Owned], taken: Collection[str], now: float) -> JobStep:
    at_once = _parallelism(job)
    wake = (
        [state.started_at + limit] if (limit := job.spec.active_deadline_seconds) and state.started_at else []
    )
    if len(active) > at_once:
        surplus = sorted(active, key=lambda each: -each.created_at)[: len(active) - at_once]
        return JobStep(
            state=state, remove=tuple(each.name for each in surplus), wake_at=min(wake, default=None)
        )
    wanted = at_once - len(active)
    if job.spec.completions is not None:
        wanted = min(wanted, job.spec.completions - _succeeded(job, state) - len(active))
    elif state.succeeded:  # a work queue: one that ended well has seen its end
        wanted = 0
    if wanted > 0 and (due := _not_before(state)) > now:
        return JobStep(state=state, wake_at=min([*wake, due]))
    made = tuple(islice(_new(job, state, active, taken), max(0, wanted)))
    return JobStep(state=state, create=made, wake_at=min(wake, default=None))


def _new(job: Job, state: State, active: Sequence[Owned], taken: Collection[str]) -> Iterator[Pod]:
    """A name is never given twice, so that a pod that was counted is not taken for a new one."""
    name, used = job.metadata.name, {*taken, *state.succeeded, *state.failed, *state.ignored}
    if job.spec.completion_mode != "Indexed":
        for n in count(1):
            if f"{name}-{n}" not in used:
                yield job_pod(job, f"{name}-{n}", None)
        return
    done, lost = _done_indexes(job, state), _lost_indexes(job, state)
    busy = {index_of(job, each.name) for each in active}
    for index in range(job.spec.completions or 0):
        if index not in done | lost | busy:
            tries = (f"{name}-{index}" if n == 1 else f"{name}-{index}-{n}" for n in count(1))
            yield job_pod(job, next(each for each in tries if each not in used), index)


def index_of(job: Job, pod_name: str) -> int:
    """Of an Indexed Job's pod, which is named `JOB-INDEX` and, after a failure, `JOB-INDEX-2`; -1 for other names."""
    index, _, attempt = pod_name.removeprefix(f"{job.metadata.name}-").partition("-")
    return int(index) if index.isdecimal() and (not attempt or attempt.isdecimal()) else -1


def _counted(job: Job, state: State, pods: Sequence[Owned], now: float) -> State:
    """With the pods that have ended since, each once."""
    known = {*state.succeeded, *state.failed, *state.ignored}
    new = [each for each in pods if each.has_ended and each.name not in known]
    succeeded = [each.name for each in new if each.phase is Phase.SUCCEEDED]
    failed: list[str] = []
    ignored: list[str] = []
    lost: list[int] = []
    doomed = state.doomed
    for each in new:
        if each.phase is Phase.SUCCEEDED:
            continue
        action, why = policies.of_failure(job.spec.pod_failure_policy, each)
        (ignored if action == "Ignore" else failed).append(each.name)
        if action == "FailIndex":
            lost.append(index_of(job, each.name))
        elif action == "FailJob":
            doomed = doomed or why
    return dataclasses.replace(
        state,
        succeeded=(*state.succeeded, *succeeded),
        failed=(*state.failed, *failed),
        ignored=(*state.ignored, *ignored),
        lost=(*state.lost, *lost),
        doomed=doomed,
        last_failed_at=now if failed else state.last_failed_at,
    )


def _verdict(
    job: Job, state: State, pods: Sequence[Owned], active: Sequence[Owned], now: float
) -> tuple[str, str, str] | None:
    """The condition, its reason and message, in Kubernetes' words; None while it goes on."""
    spec = job.spec
    limit_s, started = spec.active_deadline_seconds, state.started_at
    if limit_s and started is not None and now - started >= limit_s:
        return FAILED, "DeadlineExceeded", "Job was active longer than specified deadline"
    if state.doomed:
        return FAILED, "PodFailurePolicy", state.doomed
    if policies.is_met(spec.success_policy, _done_indexes(job, state)):
        return COMPLETE, "SuccessPolicy", "Matched rules of the success policy"
    lost = _lost_indexes(job, state)
    if spec.max_failed_indexes is not None and len(lost) > spec.max_failed_indexes:
        return (
            FAILED,
            "MaxFailedIndexesExceeded",
            "Job has exceeded the specified maximal number of failed indexes",
        )
    restarts = sum(p.restarts for p in pods) if spec.template.spec.restart_policy == "OnFailure" else 0
    if len(state.failed) + restarts > _backoff_limit(job):
        return FAILED, "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    if spec.completions is None:
        if state.succeeded and not active:
            return COMPLETE, "CompletionsReached", "Reached expected number of succeeded pods"
    elif _succeeded(job, state) >= spec.completions:
        return COMPLETE, "CompletionsReached", "Reached expected number of succeeded pods"
    elif lost and len(lost) + _succeeded(job, state) >= spec.completions:
        return FAILED, "FailedIndexes", "Job has failed indexes"
    return None


def _after(job: Job, state: State, active: Sequence[Owned], now: float) -> JobStep:
    ttl, over = job.spec.ttl_seconds_after_finished, state.finished_at or now
    return JobStep(
        state=state,
        remove=tuple(each.name for each in active),
        wake_at=None if ttl is None or now >= over + ttl else over + ttl,
        is_over_and_gone=ttl is not None and now >= over + ttl,
    )


def _parallelism(job: Job) -> int:
    return 1 if job.spec.parallelism is None else job.spec.parallelism


def _backoff_limit(job: Job) -> int:
    if job.spec.backoff_limit is not None:
        return job.spec.backoff_limit
    return BACKOFF_LIMIT if job.spec.backoff_limit_per_index is None else 2**31 - 1


def _not_before(state: State) -> float:
    if not state.failed or state.last_failed_at is None:
        return 0
    doublings = min(len(state.failed) - 1, 10)
    return state.last_failed_at + min(FIRST_BACKOFF_S * (1 << doublings), LONGEST_BACKOFF_S)


def _succeeded(job: Job, state: State) -> int:
    return len(_done_indexes(job, state)) if job.spec.completion_mode == "Indexed" else len(state.succeeded)


def _done_indexes(job: Job, state: State) -> set[int]:
    return {index_of(job, name) for name in state.succeeded}


def _lost_indexes(job: Job, state: State) -> set[int]:
    """Those that have failed more often than each may, or in a way that gives them up."""
    most = job.spec.backoff_limit_per_index
    failures = Counter(index_of(job, name) for name in state.failed)
    too_often = {index for index, times in failures.items() if most is not None and times > most}
    return (too_often | set(state.lost)) - _done_indexes(job, state)
