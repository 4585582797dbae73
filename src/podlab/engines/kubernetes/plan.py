"""Wanted against found: what a pod has to become. Pure.

Of a pod that lives Kubernetes changes its images, a shorter lifetime, labels and annotations; nothing else.
https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from podlab.engines.base import Change
from podlab.engines.kubernetes import manifest
from podlab.engines.kubernetes.find import Found, is_ours
from podlab.engines.kubernetes.merge import merge
from podlab.errors import AlreadyExists, Conflict
from podlab.manifest import together
from podlab.model import Container, Pod
from podlab.wire import encode

Way = Literal["none", "create", "replace", "patch"]
_UNTIL_REPLACED: Final = "`podlab up --replace` removes the pod and makes it anew"


@dataclass(frozen=True, slots=True)
class Plan:
    """`body` is what is to be sent: the whole pod, or a merge patch."""

    way: Way
    changes: tuple[Change, ...] = ()
    body: Mapping[str, Any] | None = None


def plan(wanted: Pod, found: Found | None) -> Plan:
    """`Conflict` where the pod would have to be replaced, `Invalid` where it contradicts itself, `AlreadyExists` where
    somebody else has a pod of that name."""
    together.refuse(wanted)
    made = manifest.manifest(wanted)
    if found is None:
        return Plan("create", tuple(_creations(wanted, "")), made)
    if not is_ours(found):
        raise AlreadyExists(
            f"there is a pod '{wanted.name}' already that podlab did not make",
            subject=wanted.name,
            hint="choose another name, or another namespace: --engine kubernetes/NAMESPACE",
        )
    if found["metadata"].get("deletionTimestamp"):
        return Plan("replace", tuple(_creations(wanted, "is being removed")), made)
    if why := _why_lost(found):
        return Plan("replace", tuple(_creations(wanted, why)), made)
    former = manifest.wanted(found)
    if former == wanted:
        return Plan("none")
    _refuse(former, wanted)
    return Plan("patch", tuple(_updates(former, wanted)), _patch(former, wanted, made))


def _why_lost(found: Found) -> str:
    """A pod that its node has given up, or ended at its deadline, not its containers."""
    status = found.get("status") or {}
    reason = str(status.get("reason") or "")
    return f"is over: {reason}" if status.get("phase") == "Failed" and reason else ""


def _creations(wanted: Pod, reason: str) -> Iterator[Change]:
    yield Change(verb="create", pod=wanted.name, reason=reason)
    for container in wanted.members:
        yield Change(verb="create", pod=wanted.name, container=container.name, reason=reason)


def _updates(former: Pod, wanted: Pod) -> Iterator[Change]:
    before = {each.name: each for each in former.members}
    others = False
    for container in wanted.members:
        old = before[container.name]
        if old.image != container.image:
            reason = f"image {old.image} → {container.image}"
            yield Change(verb="update", pod=wanted.name, container=container.name, reason=reason)
            others = True
    if former.spec.active_deadline_seconds != wanted.spec.active_deadline_seconds:
        yield Change(verb="update", pod=wanted.name, reason="a shorter lifetime")
        others = True
    if former.metadata != wanted.metadata or not others:
        yield Change(verb="update", pod=wanted.name, reason="labels or annotations")


def _refuse(former: Pod, wanted: Pod) -> None:
    """What cannot change, by its path."""
    paths = sorted(set(_differences(_fixed(former), _fixed(wanted), "spec")))
    before, after = former.spec.active_deadline_seconds, wanted.spec.active_deadline_seconds
    if before is not None and (after is None or after > before):
        paths.append("spec.activeDeadlineSeconds (it can only become shorter)")
    if former.is_isolated != wanted.is_isolated:
        paths.append("isolation")
    if paths:
        raise Conflict(
            f"pod '{wanted.name}' would have to be replaced: {', '.join(paths)} cannot change on Kubernetes",
            subject=wanted.name,
            hint=_UNTIL_REPLACED,
        )


def _fixed(pod: Pod) -> dict[str, Any]:
    made: dict[str, Any] = encode(pod.spec)
    made.pop("activeDeadlineSeconds", None)
    for part in ("initContainers", "containers"):
        made[part] = {each["name"]: {**each, "image": ""} for each in made.get(part, ())}
    return made


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if before == after:
        return
    is_deeper = isinstance(before, Mapping) and isinstance(after, Mapping) and path.count(".") < _DEEP
    if not is_deeper:
        yield path
        return
    for key in before.keys() | after.keys():
        yield from _differences(before.get(key), after.get(key), f"{path}.{key}")


_DEEP: Final = 3
"""`spec.containers.app.env` tells enough."""


def _patch(former: Pod, wanted: Pod, made: Mapping[str, Any]) -> dict[str, Any]:
    """A strategic merge patch: containers are found by their names."""
    spec: dict[str, Any] = {}
    for part, before, after in (
        ("initContainers", former.spec.init_containers, wanted.spec.init_containers),
        ("containers", former.spec.containers, wanted.spec.containers),
    ):
        if images := _images(before, after):
            spec[part] = images
    if former.spec.active_deadline_seconds != wanted.spec.active_deadline_seconds:
        spec["activeDeadlineSeconds"] = wanted.spec.active_deadline_seconds
    metadata = merge(manifest.manifest(former)["metadata"], made["metadata"])
    return {"metadata": metadata} | ({"spec": spec} if spec else {})


def _images(before: tuple[Container, ...], after: tuple[Container, ...]) -> list[dict[str, str]]:
    old = {each.name: each.image for each in before}
    return [{"name": each.name, "image": each.image} for each in after if old[each.name] != each.image]
