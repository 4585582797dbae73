"""What was found, in Kubernetes' words. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from podlab.engines.base import NAMESPACES, NamespaceRow, Sharing
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.engines.docker.plan import is_stale
from podlab.model import ContainerStatus, Phase, Pod, PodStatus, PublishedPort, State
from podlab.wire import decode

_EXIT_CODE = re.compile(r"Exited \((\d+)\)")


def pod_status(found: FoundPod) -> PodStatus:
    wanted = decode(Pod, found.spec) if found.spec else None
    names = [c.name for c in wanted.spec.containers] if wanted else list(found.members)
    order = {name: place for place, name in enumerate(names)}
    members = sorted(found.members.items(), key=lambda item: order.get(item[0], len(order)))
    containers = tuple(_container(found, name, c, wanted) for name, c in members)
    ends_at = datetime.fromtimestamp(found.ends_at, UTC) if found.ends_at else None
    phase, reason, message = _phase(found, containers, len(names))
    infra = found.infra
    return PodStatus(
        name=found.name,
        phase=phase,
        reason=reason,
        message=message,
        wanted=len(names),
        containers=containers,
        labels=wanted.metadata.labels if wanted else {},
        annotations=wanted.metadata.annotations if wanted else {},
        ip=infra.ip if infra else "",
        ports=_ports(infra) if infra else (),
        created_at=infra.created_at if infra else None,
        ends_at=ends_at,
    )


def is_expired(infra: FoundContainer, ends_at: int) -> bool:
    """The lifetime is over and the infra has obeyed."""
    return not infra.is_up and ends_at <= time.time()


def _phase(found: FoundPod, containers: tuple[ContainerStatus, ...], wanted: int) -> tuple[Phase, str, str]:
    if found.infra is None:
        return Phase.UNKNOWN, "InfraMissing", "the infra container was removed; `podlab up` repairs the pod"
    if not found.infra.is_up:
        if found.ends_at and is_expired(found.infra, found.ends_at):
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


def _container(found: FoundPod, name: str, c: FoundContainer, wanted: Pod | None) -> ContainerStatus:
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
    elif is_stale(found, c):
        reason, message = (
            "Stale",
            "it holds namespaces that are gone; `podlab up` or `podlab restart` repairs it",
        )
    spec = wanted.container(name) if wanted else None
    has_probe = spec is not None and spec.readiness_probe is not None
    return ContainerStatus(
        name=name,
        image=c.image,
        state=state,
        container_id=f"docker://{c.id}",
        is_ready=False if state is not State.RUNNING or reason == "Stale" else None if has_probe else True,
        restart_count=c.restart_count,
        started_at=c.started_at,
        finished_at=c.finished_at if state is State.TERMINATED else None,
        exit_code=exit_code if state is State.TERMINATED else None,
        reason=reason,
        message=message,
    )


_STATES = {
    "created": State.WAITING, "restarting": State.WAITING, "running": State.RUNNING, "paused": State.PAUSED,
}  # fmt: skip


def _ports(infra: FoundContainer) -> tuple[PublishedPort, ...]:
    return tuple(
        PublishedPort(
            host_ip=p.get("IP", ""),
            host_port=p["PublicPort"],
            container_port=p["PrivatePort"],
            protocol=p["Type"].upper(),
        )
        for p in infra.ports
        if p.get("PublicPort")
    )


def namespace_row(
    found: FoundPod, c: FoundContainer, inodes: dict[str, int], host: dict[str, int]
) -> NamespaceRow:
    """From what the kernel says where this machine may read it, else from how the container was made."""
    name = next((n for n, member in found.members.items() if member.id == c.id), "infra")
    modes = {kind: _declared(found, c, kind) for kind in NAMESPACES}
    for kind, inode in inodes.items():
        if inode == host.get(kind):
            modes[kind] = Sharing.HOST
    return NamespaceRow(container=name, sharing=modes, inodes=inodes)


def _declared(found: FoundPod, c: FoundContainer, kind: str) -> Sharing:
    mode = c.modes.get(kind, "")
    infra = found.infra
    if mode == "host":
        return Sharing.HOST
    if kind == "uts" and c is not infra:
        return Sharing.OWN  # Docker gives a joiner the pod's host name, but a namespace of its own
    if mode.startswith("container:"):
        joined = mode.removeprefix("container:")
        is_this = infra is not None and joined in (infra.id, infra.name)
        return Sharing.POD if is_this and not (c.is_up and is_stale(found, c)) else Sharing.STALE
    if c is infra and any(m.modes.get(kind, "").startswith("container:") for m in found.members.values()):
        return Sharing.POD
    return Sharing.OWN
