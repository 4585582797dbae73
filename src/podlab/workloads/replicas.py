"""Deployments, ReplicaSets and DaemonSets: pods that are all alike, by number. Pure.

https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import count, islice

from podlab.model.workloads import DaemonSet, Deployment, PodTemplate, ReplicaSet
from podlab.workloads.owned import Owned
from podlab.workloads.shares import bounds
from podlab.workloads.state import State
from podlab.workloads.step import Step
from podlab.workloads.template import kind_of, pod, replicas, revision

Alike = Deployment | ReplicaSet | DaemonSet


def step(workload: Alike, state: State, pods: Sequence[Owned], taken: Collection[str], now: float) -> Step:
    """`taken` are the names of all pods that are there: a new pod gets the lowest number that nobody has."""
    wanted, wait_s = replicas(workload), workload.spec.min_ready_seconds or 0
    if not _rolls(workload):
        return _kept(workload, state, pods, taken, now)
    current = revision(workload.spec.template)
    old = [each for each in pods if each.revision != current]
    if _begins_anew(workload) and old:
        return Step(remove=tuple(each.name for each in old))
    if not old:
        return _kept(workload, state, pods, taken, now)

    new = [each for each in pods if each.revision == current]
    missing, more = _bounds(workload)
    fewest = wanted - missing
    available = [each for each in pods if each.is_available(now, wait_s)]
    waits = [each for each in new if each not in available]
    create = max(0, min(wanted - len(new), wanted + more - len(pods)))
    may_go = max(0, len(pods) - fewest - len(waits))
    broken = [each for each in old if not each.is_ready][:may_go]
    healthy = [each for each in old if each.is_ready]
    rest = max(0, min(may_go - len(broken), len(available) - fewest))
    gone = [*broken, *_first_to_go(healthy)[:rest], *_first_to_go(new)[: max(0, len(new) - wanted)]]
    made = tuple(pod(workload, n) for n in islice(_free(workload, taken), create))
    return Step(
        create=made,
        remove=tuple(each.name for each in gone),
        awaits=tuple(each.name for each in waits if each not in gone),
    )


def _kept(workload: Alike, state: State, pods: Sequence[Owned], taken: Collection[str], now: float) -> Step:
    """As many as wanted, whichever template they were made of."""
    wanted, wait_s = replicas(workload), workload.spec.min_ready_seconds or 0
    gone = _first_to_go(pods)[: max(0, len(pods) - wanted)]
    template = _template(workload, state, pods)
    made = islice(_free(workload, taken), max(0, wanted - len(pods)))
    waits = [each for each in pods if each not in gone and not each.is_available(now, wait_s)]
    return Step(
        create=tuple(pod(workload, n, template) for n in made),
        remove=tuple(each.name for each in gone),
        awaits=tuple(each.name for each in waits),
    )


def _template(workload: Alike, state: State, pods: Sequence[Owned]) -> PodTemplate | None:
    """A paused Deployment goes on with the template that its pods were made of."""
    if not isinstance(workload, Deployment) or not workload.spec.paused:
        return None
    there = {each.revision for each in pods}
    return next((each.template for each in reversed(state.revisions) if each.hash in there), None)


def _rolls(workload: Alike) -> bool:
    if isinstance(workload, Deployment):
        return not workload.spec.paused
    if isinstance(workload, DaemonSet):
        strategy = workload.spec.update_strategy
        return strategy is None or strategy.type != "OnDelete"
    return False


def _begins_anew(workload: Alike) -> bool:
    return (
        isinstance(workload, Deployment)
        and workload.spec.strategy is not None
        and workload.spec.strategy.type == "Recreate"
    )


def _bounds(workload: Alike) -> tuple[int, int]:
    if isinstance(workload, DaemonSet):
        update = workload.spec.update_strategy.rolling_update if workload.spec.update_strategy else None
        missing, more = bounds(update, 1, unavailable=1, surge=0)
    elif isinstance(workload, Deployment):
        update = workload.spec.strategy.rolling_update if workload.spec.strategy else None
        missing, more = bounds(update, replicas(workload), unavailable="25%", surge="25%")
    else:
        raise TypeError(kind_of(workload))
    if has_host_ports(workload.spec.template):  # a machine has each port once, so the old pod goes first
        return max(1, missing), 0
    return missing, more


def has_host_ports(template: PodTemplate) -> bool:
    """Whether two pods of this template cannot be there at the same time."""
    spec = template.spec
    return bool(spec.host_network) or any(port.host_port for c in spec.containers for port in c.ports)


def _first_to_go(pods: Sequence[Owned]) -> list[Owned]:
    """Those that are not ready, then the highest numbers."""
    return sorted(pods, key=lambda each: (each.is_ready, -each.ordinal, each.name))


def _free(workload: Alike, taken: Collection[str]) -> Iterator[int]:
    return (n for n in count(1) if f"{workload.metadata.name}-{n}" not in taken)
