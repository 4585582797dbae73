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


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """`is_ready` is None where nobody has asked its readiness probe. `reason` is one word as in
    Kubernetes (`Completed`, `Error`, `OOMKilled`, `Stale`); `message` is for people."""

    name: str
    image: str
    state: State
    container_id: str = ""
    is_ready: bool | None = None
    restart_count: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    host_ip: str
    host_port: int
    container_port: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus:
    """`ends_at` is None for a pod without a lifetime. `wanted` counts the containers that the pod should
    have; `containers` has those that exist."""

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

    @property
    def running(self) -> int:
        return sum(c.state is State.RUNNING for c in self.containers)

    def container(self, name: str) -> ContainerStatus | None:
        return next((c for c in self.containers if c.name == name), None)
