"""The next step of a workload that keeps a number of pods, and the pods that a template stands for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from podlab.errors import Conflict
from podlab.model import Pod
from podlab.model.workloads import CronJob, Job, Replicated, StatefulSet, Workload
from podlab.workloads import cron, ordinals, replicas
from podlab.workloads.jobs import index_of
from podlab.workloads.owned import Owned
from podlab.workloads.state import state_of
from podlab.workloads.step import Step
from podlab.workloads.template import job_pod, pod, reference


def next_step(workload: Replicated, pods: Sequence[Owned], taken: Collection[str], now: float) -> Step:
    """`taken` are the names of all pods that are there. `Conflict` where one that a StatefulSet is to make is there
    and not its own."""
    state = state_of(workload)
    if not isinstance(workload, StatefulSet):
        return replicas.step(workload, state, pods, taken, now)
    step = ordinals.step(workload, state, pods, now)
    for made in step.create:
        if made.name in taken:
            raise Conflict(
                f"{reference(workload)} needs a pod named '{made.name}', and there is one that is not its own",
                subject=made.name,
                hint=f"`podlab down {made.name}` removes it, or give the StatefulSet another name",
            )
    return step


def remade(workload: Replicated | Job, lost: Owned) -> Pod:
    """The pod as it was made, of the template that it was made of, or of the current one."""
    if isinstance(workload, Job):
        is_indexed = workload.spec.completion_mode == "Indexed"
        return job_pod(workload, lost.name, index_of(workload, lost.name) if is_indexed else None)
    known = {each.hash: each.template for each in state_of(workload).revisions}
    return pod(workload, lost.ordinal, known.get(lost.revision))


def sample(workload: Workload) -> Pod:
    """A pod as the workload makes them: for its images, and to show what would come."""
    if isinstance(workload, CronJob):
        workload = cron.job_at(workload, 0)
    if isinstance(workload, Job):
        is_indexed = workload.spec.completion_mode == "Indexed"
        return job_pod(
            workload, f"{workload.metadata.name}-{0 if is_indexed else 1}", 0 if is_indexed else None
        )
    if isinstance(workload, StatefulSet):
        return pod(workload, ordinals.ordinals(workload).start)
    return pod(workload, 1)


def samples(workload: Workload) -> list[Pod]:
    """All pods that a new workload begins with; a CronJob with none."""
    if isinstance(workload, CronJob):
        return []
    if isinstance(workload, Job):
        return [sample(workload)]
    if isinstance(workload, StatefulSet):
        return [pod(workload, n) for n in ordinals.ordinals(workload)]
    return list(next_step(workload, [], (), 0).create)
