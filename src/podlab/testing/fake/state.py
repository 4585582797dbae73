"""What the fake engine thinks about a pod: pure functions of what is wanted and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.base import Change
from podlab.errors import Conflict
from podlab.model import Container, Pod
from podlab.status import ContainerStatus, Phase, State
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.testing.fake.world import FakeContainer, FakePod


def plan(found: FakePod | None, pod: Pod) -> list[Change]:
    """What has to be done to make `found` as wanted."""
    if found is None:
        changes = [Change(verb="create", pod=pod.name, reason="pod is missing")]
        return changes + [_create(pod, each, "missing") for each in pod.spec.containers]
    if fixed(found.spec) != fixed(pod):
        raise Conflict(
            f"pod {pod.name!r} would have to be replaced: its host name, ports or shared namespaces changed",
            subject=pod.name, hint=f"podlab down {pod.name}, or podlab up --replace",
        )  # fmt: skip
    changes = []
    for each in pod.spec.containers:
        there = found.containers.get(each.name)
        if there is None:
            changes.append(_create(pod, each, "missing"))
        elif there.spec != each:
            changes.append(Change(verb="recreate", pod=pod.name, container=each.name, reason="changed"))
        elif not there.is_running and not _has_finished(found, there):
            changes.append(Change(verb="start", pod=pod.name, container=each.name, reason="not running"))
    gone = [name for name in found.containers if pod.container(name) is None]
    changes += [Change(verb="remove", pod=pod.name, container=name, reason="not wanted") for name in gone]
    if not changes and encode(found.spec) != encode(pod):
        changes.append(Change(verb="update", pod=pod.name, reason="labels or annotations changed"))
    return changes


def _create(pod: Pod, container: Container, reason: str) -> Change:
    return Change(verb="create", pod=pod.name, container=container.name, reason=reason)


def fixed(pod: Pod) -> object:
    """What cannot change while the pod lives."""
    return pod.spec.hostname, pod.spec.share_process_namespace, host_ports(pod), pod.is_isolated


def host_ports(pod: Pod) -> dict[int, int]:
    return {
        port.host_port: port.container_port
        for each in pod.spec.containers for port in each.ports if port.host_port is not None
    }  # fmt: skip


def _has_finished(pod: FakePod, container: FakeContainer) -> bool:
    """Ended, and the restart policy leaves it so."""
    policy = pod.spec.spec.restart_policy or "Always"
    ended = container.state is State.TERMINATED and container.is_wanted
    return ended and (policy == "Never" or (policy == "OnFailure" and container.exit_code == 0))


def phase(pod: FakePod) -> Phase:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase"""
    containers = pod.containers.values()
    if any(each.state is State.WAITING for each in containers):
        return Phase.PENDING
    if not containers or any(each.is_running for each in containers):
        return Phase.RUNNING
    if any(each.is_wanted and not _has_finished(pod, each) for each in containers):
        return Phase.RUNNING  # it is about to start again
    return Phase.FAILED if any(each.exit_code for each in containers) else Phase.SUCCEEDED


def container_status(pod: FakePod, each: FakeContainer) -> ContainerStatus:
    reason = "" if each.state is not State.TERMINATED else "Error" if each.exit_code else "Completed"
    return ContainerStatus(
        name=each.spec.name, image=each.spec.image, state=each.state, container_id=each.id,
        restart_count=each.restart_count, started_at=each.started_at, finished_at=each.finished_at,
        exit_code=each.exit_code, reason=reason,
    )  # fmt: skip
