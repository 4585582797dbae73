"""What was found, in Kubernetes' words. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from podlab import naming
from podlab.engines.docker.found import FoundContainer, FoundPod
from podlab.node import backoff, conditions, order
from podlab.record import ContainerRecord, Record
from podlab.status import ContainerStatus, Kind, Phase, PodStatus, PublishedPort, State, Termination
from podlab.wire import decode

_NOT_STARTED: Final = 128
"""https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/"""
_EXIT_CODE = re.compile(r"Exited \((\d+)\)")


def pod_status(found: FoundPod) -> PodStatus:
    pod = _Pod.read(found)
    order_of = {name: place for place, name in enumerate(pod.wanted)}
    members = sorted(found.members.items(), key=lambda item: order_of.get(item[0], len(order_of)))
    containers = tuple(_container(pod, name, c) for name, c in members)
    containers = (*_cleared_away(pod), *containers)
    phase, reason, message = _phase(pod, containers)
    infra = found.infra
    inits = [n for n, kind in pod.kinds.items() if kind is not Kind.MAIN]
    return PodStatus(
        name=found.name,
        phase=phase,
        reason=reason,
        message=message,
        wanted=len(pod.wanted) - sum(kind is Kind.INIT for kind in pod.kinds.values()),
        containers=containers,
        labels=pod.metadata.get("labels", {}),
        annotations=pod.metadata.get("annotations", {}),
        ip=infra.ip if infra else "",
        ports=_ports([*([infra] if infra else []), *found.publishers.values()]),
        created_at=infra.created_at if infra else None,
        ends_at=datetime.fromtimestamp(found.ends_at, UTC) if found.ends_at else None,
        conditions=conditions.conditions(
            phase, containers, inits, [n for n in pod.wanted if n not in inits],
            has_sandbox=bool(infra and infra.is_up), record=pod.record,
        ),
        sandbox=found.sandbox,
        removed_since=found.removed_since,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pod:
    """The wanted state as it stands in the label: decoding all of it into the model would cost every `ps` more than
    its request does. `wanted` and `kinds` are by container."""

    found: FoundPod
    metadata: Mapping[str, Any]
    policy: str
    wanted: Mapping[str, Mapping[str, Any]]
    kinds: Mapping[str, Kind]
    record: Record | None
    is_initialized: bool

    @classmethod
    def read(cls, found: FoundPod) -> _Pod:
        if found.spec is None:
            everything: dict[str, Mapping[str, Any]] = {name: {} for name in found.members}
            metadata = {"labels": _of_owner(found)}
            return cls(
                found, metadata, "Always", everything, dict.fromkeys(everything, Kind.MAIN), None, True
            )
        spec, record = found.spec["spec"], found.record()
        inits = spec.get("initContainers", ())
        kinds = {c["name"]: Kind.SIDECAR if c.get("restartPolicy") == "Always" else Kind.INIT for c in inits}
        infra = found.infra if found.infra and found.infra.is_up else None
        # a cheap listing does not tell when the infra was started
        key = order.key_of(inits, found.sandbox) if found.sandbox else infra.id[:12] if infra else ""
        is_initialized = not inits or bool(record and infra and record.initialized.startswith(key))
        wanted = {c["name"]: c for c in (*inits, *spec.get("containers", ()))}
        return cls(
            found,
            found.spec["metadata"],
            spec.get("restartPolicy", "Always"),
            wanted,
            {name: kinds.get(name, Kind.MAIN) for name in wanted},
            record,
            is_initialized,
        )

    def has_failed(self, c: ContainerStatus) -> bool:
        """An init container that is not tried again. `order.has_ended` asks a pod, which would have to be decoded."""
        said = self.wanted.get(c.name, {})
        if c.kind is not Kind.INIT or not c.exit_code or said.get("restartPolicy", self.policy) != "Never":
            return False
        if "restartPolicyRules" not in said:
            return True
        from podlab.model import RestartRule

        rules = [decode(RestartRule, each) for each in said["restartPolicyRules"]]
        return not any(each.fits(c.exit_code) for each in rules)

    @property
    def has_inits(self) -> bool:
        return any(kind is not Kind.MAIN for kind in self.kinds.values())

    def known(self, name: str) -> ContainerRecord:
        return self.record.of(name) if self.record else ContainerRecord(name=name)


def _of_owner(found: FoundPod) -> dict[str, str]:
    """Whose pod it is, which its containers say, too: its owner must not take it for gone."""
    labels = next((c.labels for c in found.members.values()), {})
    return {key: labels[key] for key in naming.OF_OWNER if key in labels}


def _cleared_away(pod: _Pod) -> list[ContainerStatus]:
    """Init containers that were through and are there no more: nobody misses them."""
    return [
        ContainerStatus(
            name=name, image=pod.wanted[name].get("image", ""), state=State.TERMINATED, kind=kind,
            is_ready=True, exit_code=0, reason="Completed",
        )
        for name, kind in pod.kinds.items()
        if kind is Kind.INIT and pod.is_initialized and name not in pod.found.members
    ]  # fmt: skip


def _phase(pod: _Pod, containers: tuple[ContainerStatus, ...]) -> tuple[Phase, str, str]:
    infra = pod.found.infra
    if infra is None:
        return Phase.UNKNOWN, "InfraMissing", "the infra container was removed; `podlab up` repairs the pod"
    if not infra.is_up:
        if infra.has_expired(time.time()):
            return Phase.FAILED, "DeadlineExceeded", "the pod's lifetime is over"
        if infra.state == "created":
            return Phase.PENDING, "Creating", ""
        return Phase.FAILED, "Stopped", "the pod is stopped; `podlab start` starts it"
    inits = sum(kind is not Kind.MAIN for kind in pod.kinds.values())
    has_failed = any(map(pod.has_failed, containers))
    phase = conditions.phase(containers, inits, len(pod.wanted) - inits, has_failed)
    if phase is not Phase.PENDING:
        return phase, "", ""
    return phase, "ContainerMissing" if len(containers) < len(pod.wanted) else "Creating", ""


def _container(pod: _Pod, name: str, c: FoundContainer) -> ContainerStatus:
    known, kind = pod.known(name), pod.kinds.get(name, Kind.MAIN)
    wanted = pod.wanted.get(name, {})
    state, reason, message = _state(pod, name, c, known)
    is_started = _is_started(pod, c, known, wanted) if state is State.RUNNING else None
    has_ended = state is State.TERMINATED
    return ContainerStatus(
        name=name,
        image=c.image,
        state=state,
        kind=kind,
        container_id=f"docker://{c.id}",
        image_id=c.image_id,
        is_ready=_is_ready(c, known, wanted, reason, is_started)
        if state is State.RUNNING and kind is not Kind.INIT
        else kind is Kind.INIT and has_ended and _exit_code(c) == 0,
        is_started=is_started,
        restart_count=c.restart_count + known.restarts,
        started_at=c.started_at,
        finished_at=c.finished_at if has_ended else None,
        exit_code=_exit_code(c) if has_ended or reason == conditions.CRASH_LOOP else None,
        reason=reason,
        message=message,
        last=_last(c, state, known),
        words_before=c.words_before,
    )


def _state(pod: _Pod, name: str, c: FoundContainer, known: ContainerRecord) -> tuple[State, str, str]:
    """With reason and message."""
    state, kind = _STATES.get(c.state, State.TERMINATED), pod.kinds.get(name, Kind.MAIN)
    if c.state == "restarting":
        return State.WAITING, conditions.CRASH_LOOP, c.error
    if state is State.WAITING:
        return state, conditions.why_waiting(has_inits=pod.has_inits), c.error
    if state is not State.TERMINATED:
        if not pod.found.is_stale(c):
            return state, "", c.error
        return state, "Stale", "it holds namespaces that are gone; `podlab up` or `podlab restart` repairs it"
    is_up = pod.found.infra is not None and pod.found.infra.is_up
    if kind is Kind.INIT and is_up and not pod.is_initialized and pod.found.is_from_before(c):
        return State.WAITING, conditions.INITIALIZING, ""
    if known.not_before is not None and _is_last(c, known):
        pause_s = backoff.pause_s(known.ends)
        return (
            State.WAITING,
            conditions.CRASH_LOOP,
            conditions.backing_off(name, pod.found.name, pause_s),
        )
    return state, end_reason(c), _message(c)


def end_reason(c: FoundContainer) -> str:
    """In one word. A container that was killed for memory once keeps the mark while it lives on. An error is what the
    engine said when it could not start it."""
    if c.is_oom_killed and c.exit_code == 137:
        return "OOMKilled"
    if c.error and _exit_code(c) != 0:
        return "StartError"
    if c.start_error:
        return "StartError"
    return "Completed" if _exit_code(c) == 0 else "Error"


def _message(c: FoundContainer) -> str:
    return c.start_error or c.last_words or c.error


def _exit_code(c: FoundContainer) -> int | None:
    if c.start_error:
        return _NOT_STARTED
    if c.exit_code is None and (match := _EXIT_CODE.match(c.status)):
        return int(match[1])
    return c.exit_code


def _is_last(c: FoundContainer, known: ContainerRecord) -> bool:
    """Whether the end that the record tells of is this one; a cheap listing does not tell when it was."""
    if c.finished_at is None or known.last is None or known.last.finished_at is None:
        return True
    return abs(known.last.finished_at - c.finished_at.timestamp()) < 0.001


def _last(c: FoundContainer, state: State, known: ContainerRecord) -> Termination | None:
    if state is State.WAITING and c.started_at is not None:
        return Termination(
            exit_code=_exit_code(c) or 0, reason=end_reason(c), message=_message(c),
            started_at=c.started_at, finished_at=c.finished_at,
        )  # fmt: skip
    if state is State.TERMINATED or known.last is None:
        return None
    end = known.last
    return Termination(
        exit_code=end.exit_code, reason=end.reason, message=end.message,
        started_at=_when(end.started_at), finished_at=_when(end.finished_at),
    )  # fmt: skip


def _when(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _is_started(
    pod: _Pod, c: FoundContainer, known: ContainerRecord, wanted: Mapping[str, Any]
) -> bool | None:
    if pod.found.is_stale(c):
        return False
    if "startupProbe" not in wanted and "postStart" not in wanted.get("lifecycle", {}):
        return True
    return known.started if _is_run(c, known) else None


def _is_run(c: FoundContainer, known: ContainerRecord) -> bool:
    return known.run == c.run if c.run else known.run.startswith(f"docker://{c.id} ")


def _is_ready(
    c: FoundContainer, known: ContainerRecord, wanted: Mapping[str, Any], reason: str, is_started: bool | None
) -> bool | None:
    if reason == "Stale" or is_started is False:
        return False
    if "readinessProbe" in wanted:
        if not _is_run(c, known):
            return None
        return known.ready is True if known.asked else known.ready
    return is_started


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
