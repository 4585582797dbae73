"""A pod as `kubectl get -o json` prints it: what is wanted, and what was found as its `status`. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from podlab.status import ContainerStatus, Kind, PodStatus, State
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.model import Pod


def as_kubernetes(wanted: Pod, found: PodStatus) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", **encode(wanted), "status": status(found)}


def status(found: PodStatus) -> dict[str, Any]:
    told: dict[str, Any] = {
        "phase": found.phase.value,
        "conditions": [_condition(c) for c in found.conditions],
    }
    told |= _said(
        reason=found.reason, message=found.message, podIP=found.ip, startTime=_time(found.created_at)
    )
    told["containerStatuses"] = [_container(c) for c in found.containers if c.kind is Kind.MAIN]
    inits = [_container(c) for c in found.containers if c.kind is not Kind.MAIN]
    return told | _said(initContainerStatuses=inits)


def _condition(c: Any) -> dict[str, Any]:
    return {"type": c.type, "status": c.status} | _said(
        reason=c.reason, message=c.message, lastTransitionTime=_time(c.since)
    )


def _container(c: ContainerStatus) -> dict[str, Any]:
    last = c.last and {
        "terminated": {"exitCode": c.last.exit_code} | _said(
            reason=c.last.reason, message=c.last.message, startedAt=_time(c.last.started_at),
            finishedAt=_time(c.last.finished_at),
        )
    }  # fmt: skip
    return {
        "name": c.name, "image": c.image, "imageID": c.image_id, "containerID": c.container_id,
        "ready": bool(c.is_ready),
        "started": bool(c.is_started or (c.is_started is None and c.state is State.RUNNING)),
        "restartCount": c.restart_count, "state": _state(c), "lastState": last or {},
    }  # fmt: skip


def _state(c: ContainerStatus) -> Mapping[str, Any]:
    if c.state is State.WAITING:
        return {"waiting": _said(reason=c.reason, message=c.message)}
    if c.state is State.TERMINATED:
        told = _said(
            reason=c.reason, message=c.message, startedAt=_time(c.started_at), finishedAt=_time(c.finished_at)
        )
        return {"terminated": {"exitCode": c.exit_code} | told}
    return {"running": _said(startedAt=_time(c.started_at))}


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _time(at: datetime | None) -> str:
    """To the second, as Kubernetes writes times."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
