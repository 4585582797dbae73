"""What changes of what a pod and its containers may use. Pure, as `plan` is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from podlab import quantity
from podlab.engines.docker import resizing, translate
from podlab.engines.docker.found import FoundPod
from podlab.engines.docker.steps import Step, Steps, Verb
from podlab.model import Pod

ALL: Final = "all containers"


def add(
    steps: Steps,
    wanted: Pod,
    found: FoundPod,
    created: Collection[str],
    *,
    infra: list[Step],
    after: list[Step],
) -> list[Step]:
    """The steps that containers wait for before they start: the pod's bounds are there first. `infra`: the step that
    starts it, where one does.

    No container's share of the processors may be more than its pod's (cgroup v1), so a pod that grows does so before
    its containers, and one that shrinks after them.
    """
    if _shrinks(wanted, found):
        updates = _updates(steps, wanted, found, created, after=after)
        return _bound(steps, wanted, found, infra, after=[*after, *updates])
    bounded = _bound(steps, wanted, found, infra, after=after)
    _updates(steps, wanted, found, created, after=[*after, *bounded])
    return bounded


def _updates(
    steps: Steps, wanted: Pod, found: FoundPod, created: Collection[str], *, after: list[Step]
) -> list[Step]:
    return [
        steps.add(Verb.UPDATE, container.name, "may use more or less", after=after)
        for container in wanted.members
        if (member := found.members.get(container.name))
        and container.name not in created
        and resizing.needs_update(wanted, container, member)
    ]


def _bound(steps: Steps, wanted: Pod, found: FoundPod, infra: list[Step], *, after: list[Step]) -> list[Step]:
    """Anew around each run of the infra container: the machine may have been started again, too."""
    if not translate.is_bounded(wanted):
        return []
    if not infra and translate.bounds_volume(wanted, found.sandbox)["Name"] in found.bounds_volumes:
        return []
    return [steps.add(Verb.BOUND, ALL, "what they may use together", after=[*after, *infra])]


def _shrinks(wanted: Pod, found: FoundPod) -> bool:
    before = ((found.spec or {}).get("spec", {}).get("resources") or {}).get("limits", {}).get("cpu")
    now = wanted.spec.resources.limits.get("cpu") if wanted.spec.resources else None
    return before is not None and now is not None and quantity.parse(now) < quantity.parse(before)
