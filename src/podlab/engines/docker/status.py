"""What was found, in Kubernetes' words. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.status import ContainerStatus, Phase, PodStatus, PublishedPort, State

_EXIT_CODE = re.compile(r"Exited \((\d+)\)")


def pod_status(found: FoundPod) -> PodStatus:
    metadata, wanted = _wanted(found)
    order = {name: place for place, name in enumerate(wanted)}
    members = sorted(found.members.items(), key=lambda item: order.get(item[0], len(order)))
    containers = tuple(_container(found, name, c, wanted.get(name, {})) for name, c in members)
    phase, reason, message = _phase(found, containers, len(wanted))
    infra = found.infra
    return PodStatus(
        name=found.name,
        phase=phase,
        reason=reason,
        message=message,
        wanted=len(wanted),
        containers=containers,
        labels=metadata.get("labels", {}),
        annotations=metadata.get("annotations", {}),
        ip=infra.ip if infra else "",
        ports=_ports([*([infra] if infra else []), *found.publishers.values()]),
        created_at=infra.created_at if infra else None,
        ends_at=datetime.fromtimestamp(found.ends_at, UTC) if found.ends_at else None,
    )


def _wanted(found: FoundPod) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """The metadata, and each container by name, as they stand in the label. Decoding all of it into the model
    would cost every `ps` more than its request does."""
    if found.spec is None:
        return {}, {name: {} for name in found.members}
    return found.spec["metadata"], {c["name"]: c for c in found.spec["spec"].get("containers", ())}


def _phase(found: FoundPod, containers: tuple[ContainerStatus, ...], wanted: int) -> tuple[Phase, str, str]:
    if found.infra is None:
        return Phase.UNKNOWN, "InfraMissing", "the infra container was removed; `podlab up` repairs the pod"
    if not found.infra.is_up:
        if found.infra.has_expired(time.time()):
            return Phase.FAILED, "DeadlineExceeded", "the pod's lifetime is over"
        if found.infra.state == "created":
            return Phase.PENDING, "Creating", ""
        return Phase.FAILED, "Stopped", "the pod is stopped; `podlab start` starts it"
    if len(containers) < wanted or any(c.state is State.WAITING for c in containers):
        return Phase.PENDING, "ContainerMissing" if len(containers) < wanted else "Creating", ""
    if containers and all(c.state is State.TERMINATED for c in containers):
        # Without an exit code (a cheap listing knows it from the status text) nothing is called a success.
        return (Phase.SUCCEEDED if all(c.exit_code == 0 for c in containers) else Phase.FAILED), "", ""
    return Phase.RUNNING, "", ""


def _container(found: FoundPod, name: str, c: FoundContainer, wanted: Mapping[str, Any]) -> ContainerStatus:
    exit_code = c.exit_code
    if exit_code is None and (match := _EXIT_CODE.match(c.status)):
        exit_code = int(match[1])
    state = _STATES.get(c.state, State.TERMINATED)
    reason, message = "", c.error
    if state is State.TERMINATED:
        # a container that was killed for memory once keeps the mark while it lives on: never trusted alone
        killed = c.is_oom_killed and exit_code == 137
        reason = "OOMKilled" if killed else "Completed" if exit_code == 0 else "Error"
    elif state is State.WAITING:
        reason = "ContainerCreating"
    elif found.is_stale(c):
        reason, message = (
            "Stale",
            "it holds namespaces that are gone; `podlab up` or `podlab restart` repairs it",
        )
    return ContainerStatus(
        name=name,
        image=c.image,
        state=state,
        container_id=f"docker://{c.id}",
        is_ready=_is_ready(state, reason, has_probe="readinessProbe" in wanted),
        restart_count=c.restart_count,
        started_at=c.started_at,
        finished_at=c.finished_at if state is State.TERMINATED else None,
        exit_code=exit_code if state is State.TERMINATED or c.state == "restarting" else None,
        reason=reason,
        message=message,
    )


def _is_ready(state: State, reason: str, *, has_probe: bool) -> bool | None:
    if state is not State.RUNNING or reason == "Stale":
        return False
    return None if has_probe else True


_STATES = {
    "created": State.WAITING, "restarting": State.WAITING, "running": State.RUNNING, "paused": State.PAUSED,
}  # fmt: skip


def _ports(containers: Iterable[FoundContainer]) -> tuple[PublishedPort, ...]:
    return tuple(
        PublishedPort(
            host_ip=p.get("IP", ""),
            host_port=p["PublicPort"],
            container_port=p["PrivatePort"],
            protocol=p["Type"].upper(),
        )
        for c in containers
        for p in c.ports
        if p.get("PublicPort")
    )
