"""A pod's status as the API tells it, in podlab's types. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from podlab.engines.kubernetes.find import Found
from podlab.engines.kubernetes.manifest import annotations_of_user, labels_of_user
from podlab.status import (
    Condition,
    ContainerStatus,
    Kind,
    Phase,
    PodStatus,
    PublishedPort,
    State,
    Termination,
)

DEADLINE: Final = "DeadlineExceeded"
TERMINATING: Final = "Terminating"
"""kubectl's word for a pod that is being removed."""
_STATES: Final = {"running": State.RUNNING, "terminated": State.TERMINATED, "waiting": State.WAITING}


def pod_status(found: Found) -> PodStatus:
    status = found.get("status") or {}
    metadata = found["metadata"]
    statuses = tuple(container_statuses(found))
    is_leaving = bool(metadata.get("deletionTimestamp"))
    return PodStatus(
        name=metadata["name"],
        phase=Phase(status.get("phase") or Phase.PENDING),
        wanted=sum(kind is not Kind.INIT for _, kind in _wanted(found)),
        containers=statuses,
        labels=labels_of_user(found),
        annotations=annotations_of_user(found),
        ip=str(status.get("podIP") or ""),
        ports=tuple(_ports(found)),
        created_at=when(metadata.get("creationTimestamp")),
        ends_at=ends_at(found),
        reason=str(status.get("reason") or "") or (TERMINATING if is_leaving else _placing(status, "reason")),
        message=str(status.get("message") or ""),
        conditions=tuple(map(_condition, status.get("conditions") or ())),
        sandbox=str(metadata["uid"]),
    )


def _placing(status: Mapping[str, Any], key: str) -> str:
    """Why no node has it, where none has."""
    for each in status.get("conditions") or ():
        if each["type"] == "PodScheduled" and each["status"] == "False":
            return str(each.get(key) or "")
    return ""


def ends_at(found: Found) -> datetime | None:
    """The kubelet counts from when it has seen the pod."""
    lifetime_s = found["spec"].get("activeDeadlineSeconds")
    began = when((found.get("status") or {}).get("startTime")) or when(
        found["metadata"].get("creationTimestamp")
    )
    return began + timedelta(seconds=lifetime_s) if lifetime_s and began else None


def is_past_deadline(found: Found) -> bool:
    status = found.get("status") or {}
    if status.get("reason") == DEADLINE:
        return True
    end = ends_at(found)
    return end is not None and end <= datetime.now(UTC)


def container_statuses(found: Found) -> Iterator[ContainerStatus]:
    """Of those that the kubelet has told of, in the order of the file; those of a pod that no node has yet, too."""
    status = found.get("status") or {}
    told = {
        each["name"]: each
        for part in ("initContainerStatuses", "containerStatuses")
        for each in status.get(part) or ()
    }
    for wanted, kind in _wanted(found):
        seen = told.get(wanted["name"])
        if seen is None:
            reason = "PodInitializing" if "initContainers" in found["spec"] else "ContainerCreating"
            yield ContainerStatus(
                name=wanted["name"], image=wanted["image"], kind=kind, state=State.WAITING, reason=reason,
                message=_placing(status, "message"),
            )  # fmt: skip
        else:
            yield _container(wanted, kind, seen)


def _wanted(found: Found) -> Iterator[tuple[Mapping[str, Any], Kind]]:
    for each in found["spec"].get("initContainers") or ():
        yield each, Kind.SIDECAR if each.get("restartPolicy") == "Always" else Kind.INIT
    for each in found["spec"]["containers"]:
        yield each, Kind.MAIN


def _container(wanted: Mapping[str, Any], kind: Kind, told: Mapping[str, Any]) -> ContainerStatus:
    word, now = next(iter((told.get("state") or {"waiting": {}}).items()))
    last = termination((told.get("lastState") or {}).get("terminated"))
    ended = termination(now) if word == "terminated" else None
    shown = ended or (last if word == "waiting" else None)
    may_be_ready = word == "running" or (word == "terminated" and kind is Kind.INIT)
    return ContainerStatus(
        name=wanted["name"],
        image=wanted["image"],
        kind=kind,
        state=_STATES[word],
        container_id=str(told.get("containerID") or "").partition("://")[2],
        image_id=str(told.get("imageID") or ""),
        is_ready=told.get("ready") if may_be_ready else None,
        is_started=told.get("started") if word == "running" else None,
        restart_count=int(told.get("restartCount") or 0),
        started_at=when(now.get("startedAt")) or (shown.started_at if shown else None),
        finished_at=shown.finished_at if shown else None,
        exit_code=shown.exit_code if shown else None,
        reason=str(now.get("reason") or ""),
        message=str(now.get("message") or ""),
        last=last,
    )


def termination(told: Mapping[str, Any] | None) -> Termination | None:
    if told is None:
        return None
    return Termination(
        exit_code=int(told["exitCode"]),
        reason=str(told.get("reason") or ""),
        message=str(told.get("message") or ""),
        started_at=when(told.get("startedAt")),
        finished_at=when(told.get("finishedAt")),
    )


def _condition(told: Mapping[str, Any]) -> Condition:
    return Condition(
        type=told["type"],
        status=told["status"],
        reason=str(told.get("reason") or ""),
        message=str(told.get("message") or ""),
        since=when(told.get("lastTransitionTime")),
    )


def _ports(found: Found) -> Iterator[PublishedPort]:
    for container, _ in _wanted(found):
        for each in container.get("ports") or ():
            if each.get("hostPort"):
                yield PublishedPort(
                    host_ip=each.get("hostIP") or (found.get("status") or {}).get("hostIP") or "",
                    host_port=each["hostPort"],
                    container_port=each["containerPort"],
                    protocol=each.get("protocol") or "TCP",
                )


def when(text: str | None) -> datetime | None:
    """RFC 3339, in whole seconds or microseconds. A container that was never started has the year one."""
    if not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text)
