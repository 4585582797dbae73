"""Whose turn it is: init containers one by one, sidecars among them, then all others; and in which order they stop.

https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#detailed-behavior
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from podlab.record import Record
from podlab.status import ContainerStatus, Kind, PodStatus, State
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.model import Container, Pod


@dataclass(frozen=True, slots=True)
class Fact:
    """`is_done`: it ended with exit code 0 in the pod's present namespaces. `is_started`: it runs in them, and
    its startup probe and postStart hook are through."""

    is_done: bool = False
    is_started: bool = False


NOTHING = Fact()


def kind(pod: Pod, name: str) -> Kind:
    for container in pod.spec.init_containers:
        if container.name == name:
            return Kind.SIDECAR if is_sidecar(container) else Kind.INIT
    return Kind.MAIN


def is_sidecar(init_container: Container) -> bool:
    return init_container.restart_policy == "Always"


def policy(pod: Pod, name: str) -> Literal["Always", "OnFailure", "Never"]:
    """When the container is started again after it has ended, where none of its rules says so: `has_ended`.
    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#detailed-behavior"""
    container = pod.container(name)
    said = (container and container.restart_policy) or pod.spec.restart_policy or "Always"
    match kind(pod, name):
        case Kind.SIDECAR:
            return "Always"
        case Kind.INIT if said == "Always":
            return "OnFailure"
    return said


def has_ended(pod: Pod, name: str, exit_code: int | None) -> bool:
    """Whether a container that has ended stays so.
    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restart-rules"""
    container = pod.container(name)
    if exit_code is not None and container and any(r.fits(exit_code) for r in container.restart_policy_rules):
        return False
    said = policy(pod, name)
    return said == "Never" or (said == "OnFailure" and exit_code == 0)


def has_failed_init(pod: Pod, containers: Iterable[ContainerStatus]) -> bool:
    """Whether an init container has failed and is not tried again: then the pod has."""
    return any(
        c.kind is Kind.INIT and c.exit_code and has_ended(pod, c.name, c.exit_code) for c in containers
    )


def is_over(pod: Pod, status: PodStatus) -> bool:
    """Whether all containers have ended for good: sidecars have nobody left to serve."""
    mains = [status.container(c.name) for c in pod.spec.containers]
    return bool(mains) and all(
        c is not None and c.state is State.TERMINATED and has_ended(pod, c.name, c.exit_code) for c in mains
    )


def has_gate(container: Container) -> bool:
    """Whether running is not enough to count as started."""
    return container.startup_probe is not None or bool(container.lifecycle and container.lifecycle.post_start)


def needs_node(pod: Pod) -> bool:
    """Whether the pod asks for what an engine that only runs containers does not do by itself."""
    return pod.restarts_clean or bool(pod.spec.init_containers) or any(
        c.liveness_probe or c.startup_probe or c.lifecycle or c.restart_policy_rules
        for c in pod.spec.containers
    )


def turn(pod: Pod, facts: Mapping[str, Fact], *, initialized: bool, is_over: bool = False) -> frozenset[str]:
    """Who may run now. `initialized`: the init containers were through already, whatever became of them since.
    Those behind a sidecar that has no gate may be started right after it.
    `is_over`: all containers have ended for good, so nobody may, and sidecars stop, too."""
    if is_over:
        return frozenset()
    running: list[str] = []
    for container in pod.spec.init_containers:
        fact = facts.get(container.name, NOTHING)
        if is_sidecar(container):
            running.append(container.name)
            if has_gate(container) and not (initialized or fact.is_started):
                return frozenset(running)
        elif not (initialized or fact.is_done):
            return frozenset([*running, container.name])
    return frozenset([*running, *(c.name for c in pod.spec.containers)])


def is_through(pod: Pod, facts: Mapping[str, Fact]) -> bool:
    """Whether every init container is done and every sidecar started."""
    return all(
        fact.is_started if is_sidecar(c) else fact.is_done
        for c in pod.spec.init_containers
        if (fact := facts.get(c.name, NOTHING))
    )


def key(pod: Pod, sandbox: str) -> str:
    """Of the namespaces and the init containers: where it differs, the init containers are to run (again)."""
    return key_of(encode(pod.spec.init_containers), sandbox)


def key_of(init_containers: object, sandbox: str) -> str:
    """The same from the encoded init containers."""
    text = json.dumps(init_containers, sort_keys=True)
    return f"{sandbox} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def facts_of(pod: Pod, status: PodStatus, record: Record | None) -> dict[str, Fact]:
    """By what an engine found. It calls an init container of earlier namespaces waiting, whatever became of it."""
    return {
        c.name: Fact(
            is_done=c.state is State.TERMINATED and c.exit_code == 0,
            is_started=is_started(wanted, c, record),
        )
        for c in status.containers
        if (wanted := pod.container(c.name))
    }


def is_started(wanted: Container, found: ContainerStatus, record: Record | None) -> bool:
    if found.state not in (State.RUNNING, State.PAUSED) or found.reason == "Stale":
        return False
    if not has_gate(wanted):
        return True
    known = record.of(found.name) if record else None
    return bool(known and known.started and known.run == found.run)


def stop_order(pod: Pod) -> Sequence[Sequence[str]]:
    """Groups that stop one after another, each at once: the containers and what still initializes, then the sidecars,
    the last one first. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#sidecar-containers-and-pod-lifecycle"""
    sidecars = [c.name for c in pod.spec.init_containers if is_sidecar(c)]
    first = [c.name for c in pod.members if c.name not in sidecars]
    return [first, *([name] for name in reversed(sidecars))]
