"""A container of a pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from podlab.model.environment import EnvFromSource, EnvVar
from podlab.model.probes import Lifecycle, Probe
from podlab.model.quantity import Quantity
from podlab.model.security import SecurityContext
from podlab.model.volumes import VolumeMount
from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPort(Wire):
    container_port: int
    host_port: int | None = None
    host_ip: str | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources(Wire):
    """Quantities by resource name. Requests weigh (cpu) or reserve (memory); limits bound."""

    limits: Mapping[str, Quantity] = field(default_factory=dict)
    requests: Mapping[str, Quantity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizePolicy(Wire):
    """Whether the container is made anew when the amount of a resource changes."""

    resource_name: Literal["cpu", "memory"]
    restart_policy: Literal["NotRequired", "RestartContainer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartExitCodes(Wire):
    operator: Literal["In", "NotIn"]
    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRule(Wire):
    """A container that ends with such an exit code is started again, whatever its restart policy says."""

    action: Literal["Restart"]
    exit_codes: RestartExitCodes

    def fits(self, exit_code: int) -> bool:
        return (exit_code in self.exit_codes.values) is (self.exit_codes.operator == "In")


@dataclass(frozen=True, slots=True, kw_only=True)
class Container(Wire):
    """`restart_policy` counts instead of the pod's; `Always` makes a sidecar of an init container."""

    name: str
    image: str
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    working_dir: str | None = None
    ports: tuple[ContainerPort, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    resources: Resources | None = None
    resize_policy: tuple[ResizePolicy, ...] = ()
    security_context: SecurityContext | None = None
    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None
    restart_policy_rules: tuple[RestartRule, ...] = ()
    stdin: bool | None = None
    stdin_once: bool | None = None
    tty: bool | None = None
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str | None = None
    termination_message_policy: Literal["File", "FallbackToLogsOnError"] | None = None
