"""StatefulSets: pods that keep their number, one after another. Pure.

https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
"""

from __future__ import annotations

from collections.abc import Sequence

from podlab.model.workloads import OrderedUpdate, PodTemplate, StatefulSet
from podlab.quantity import share
from podlab.workloads.owned import Owned
from podlab.workloads.state import State
from podlab.workloads.step import Step
from podlab.workloads.template import claims, pod, replicas, revision


def step(workload: StatefulSet, state: State, pods: Sequence[Owned], now: float) -> Step:
    """In order means: up from the lowest number, each when those before it are available; down and through a change
    from the highest. Unlike in Kubernetes, a change does not wait for a pod that is not ready and is to be replaced
    itself, so a bad change can be taken back by a good one."""
    wait_s, current = workload.spec.min_ready_seconds or 0, revision(workload.spec.template)
    wanted = ordinals(workload)
    there = {each.ordinal: each for each in pods}
    extra = [each for each in reversed(pods) if each.ordinal not in wanted]
    missing = [n for n in wanted if n not in there]
    waits = [n for n in wanted if n in there and not there[n].is_available(now, wait_s)]
    outdated = [n for n in reversed(wanted) if _is_outdated(workload, there.get(n), current)]
    hopeless = [n for n in outdated if n in waits]

    if workload.spec.pod_management_policy == "Parallel":
        gone = [*(each.name for each in extra), *(there[n].name for n in hopeless)]
        if missing or gone:
            return _made(workload, state, missing, remove=gone, drop=_dropped(workload, extra))
    else:
        if hopeless:
            return Step(remove=(there[hopeless[0]].name,))
        first = min([*missing, *waits], default=None)
        if first is not None:
            return _made(workload, state, [first]) if first in missing else Step(awaits=(there[first].name,))
        if extra:
            return Step(remove=(extra[0].name,), drop=_dropped(workload, extra[:1]))
    at_once = share(_update(workload).max_unavailable or 1, len(wanted), up=False) or 1
    gone = [there[n].name for n in outdated[: max(0, at_once - len(waits))]]
    return Step(remove=tuple(gone), awaits=tuple(there[n].name for n in waits))


def ordinals(workload: StatefulSet) -> range:
    """The numbers of the pods that are wanted."""
    start = (workload.spec.ordinals.start if workload.spec.ordinals else None) or 0
    return range(start, start + replicas(workload))


def _made(
    workload: StatefulSet,
    state: State,
    numbers: Sequence[int],
    *,
    remove: Sequence[str] = (),
    drop: tuple[str, ...] = (),
) -> Step:
    return Step(
        create=tuple(pod(workload, n, _template(workload, state, n)) for n in numbers),
        claims=tuple(claim for n in numbers for claim in claims(workload, n)),
        remove=tuple(remove),
        drop=drop,
    )


def _dropped(workload: StatefulSet, pods: Sequence[Owned]) -> tuple[str, ...]:
    """The claims of pods that are scaled away, where they are not to be retained."""
    retention = workload.spec.persistent_volume_claim_retention_policy
    if retention is None or retention.when_scaled != "Delete":
        return ()
    return tuple(claim.metadata.name for each in pods for claim in claims(workload, each.ordinal))


def _template(workload: StatefulSet, state: State, number: int) -> PodTemplate | None:
    """Below the partition, the one before this one: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions"""
    if number >= (_update(workload).partition or 0) or len(state.revisions) < 2:
        return None
    return state.revisions[-2].template


def _is_outdated(workload: StatefulSet, there: Owned | None, current: str) -> bool:
    strategy = workload.spec.update_strategy
    if there is None or there.revision == current or (strategy and strategy.type == "OnDelete"):
        return False
    return there.ordinal >= (_update(workload).partition or 0)


def _update(workload: StatefulSet) -> OrderedUpdate:
    strategy = workload.spec.update_strategy
    return (strategy.rolling_update if strategy else None) or OrderedUpdate()
