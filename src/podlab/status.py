"""What an engine found of a pod, in Kubernetes' words. What is wanted is `podlab.model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase"""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


class State(StrEnum):
    """Of one container. `paused` is Docker's; Kubernetes has no such state."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    TERMINATED = "terminated"


class Kind(StrEnum):
    """What a container is to its pod. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"""

    MAIN = "container"
    INIT = "init"
    SIDECAR = "sidecar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """How one run of a container ended."""

    exit_code: int
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`status` is `True`, `False` or `Unknown`; `since` is None where nobody has noted when it came to be so.
    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions"""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """`is_ready` is None where nobody has asked its readiness probe. `is_started`: it runs, its startup probe has
    passed and its postStart hook is done; None where that is not known. `reason` is one word as in Kubernetes
    (`Completed`, `Error`, `OOMKilled`, `StartError`, `CrashLoopBackOff`, `Stale`); `message` is for people. `last` is
    how the run before this one ended, or, while it waits to be started again, the last one; `words_before` are that
    run's last words where the engine has restarted it by itself and still has them. `image_id` is of the image that it
    was made from, which `image` may not mean any more; empty where that is not known."""

    name: str
    image: str
    state: State
    kind: Kind = Kind.MAIN
    container_id: str = ""
    image_id: str = ""
    is_ready: bool | None = None
    is_started: bool | None = None
    restart_count: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    last: Termination | None = None
    words_before: str = ""

    @property
    def run(self) -> str:
        """Which run of which container this is: another one after each start. Empty before the first."""
        return f"{self.container_id} {self.started_at.timestamp():.6f}" if self.started_at else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    host_ip: str
    host_port: int
    container_port: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus:
    """`ends_at` is None for a pod without a lifetime. `wanted` counts the containers that the pod should have
    running: sidecars, but no other init containers. `containers` has those that exist, init containers first.
    `sandbox` is which run of the pod's shared namespaces this is; empty where that is not known. `removed_since` is
    when somebody began to remove the pod, where the engine leaves the rest to whoever did."""

    name: str
    phase: Phase
    wanted: int
    containers: tuple[ContainerStatus, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    ip: str = ""
    ports: tuple[PublishedPort, ...] = ()
    created_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""
    message: str = ""
    conditions: tuple[Condition, ...] = ()
    sandbox: str = ""
    removed_since: datetime | None = None

    @property
    def running(self) -> int:
        """Of those that `wanted` counts."""
        return sum(c.state is State.RUNNING for c in self.containers if c.kind is not Kind.INIT)

    def container(self, name: str) -> ContainerStatus | None:
        return next((c for c in self.containers if c.name == name), None)
