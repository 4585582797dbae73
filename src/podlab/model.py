"""What a pod is as people write it: the wanted state. What an engine found is `podlab.status`.

The wanted types mirror Kubernetes core/v1 field by field (snake_case here, camelCase on the wire):
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
A field that is None or empty was not said; defaults are applied where the field is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from podlab.wire import Wire

Quantity = str | int | float
"""`500m`, `64Mi`, `2`; read with `podlab.quantity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVar(Wire):
    name: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPort(Wire):
    container_port: int
    host_port: int | None = None
    host_ip: str | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMount(Wire):
    name: str
    mount_path: str
    read_only: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources(Wire):
    """Quantities by resource name. Requests weigh (cpu) or reserve (memory); limits bound."""

    limits: Mapping[str, Quantity] = field(default_factory=dict)
    requests: Mapping[str, Quantity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities(Wire):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeccompProfile(Wire):
    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    localhost_profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppArmorProfile(Wire):
    type: Literal["RuntimeDefault", "Unconfined", "Localhost"]
    localhost_profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityContext(Wire):
    privileged: bool | None = None
    capabilities: Capabilities | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: Literal["Default", "Unmasked"] | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecAction(Wire):
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TCPSocketAction(Wire):
    port: int | str
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPHeader(Wire):
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPGetAction(Wire):
    port: int | str
    path: str | None = None
    host: str | None = None
    scheme: Literal["HTTP", "HTTPS"] | None = None
    http_headers: tuple[HTTPHeader, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Wire):
    """Exactly one of `exec`, `tcp_socket`, `http_get`. Times are in seconds."""

    exec: ExecAction | None = None
    tcp_socket: TCPSocketAction | None = None
    http_get: HTTPGetAction | None = None
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    timeout_seconds: int | None = None
    success_threshold: int | None = None
    failure_threshold: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container(Wire):
    name: str
    image: str
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    working_dir: str | None = None
    ports: tuple[ContainerPort, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    resources: Resources | None = None
    security_context: SecurityContext | None = None
    stdin: bool | None = None
    stdin_once: bool | None = None
    tty: bool | None = None
    readiness_probe: Probe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyDir(Wire):
    medium: Literal["", "Memory"] | None = None
    size_limit: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPath(Wire):
    path: str
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Wire):
    """Exactly one source."""

    name: str
    empty_dir: EmptyDir | None = None
    host_path: HostPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAlias(Wire):
    ip: str
    hostnames: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DNSOption(Wire):
    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DNSConfig(Wire):
    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[DNSOption, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSpec(Wire):
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None
    share_process_namespace: bool | None = None
    hostname: str | None = None
    host_aliases: tuple[HostAlias, ...] = ()
    dns_config: DNSConfig | None = None
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    runtime_class_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Wire):
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


ISOLATED = "podlab.io/isolated"
"""Annotation, `"true"`: no other pod can reach this one. `podlab up --isolated` sets it."""
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""Annotation: the container that is meant where nobody names one.
https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container"""
PUBLISH = "podlab.io/publish"
"""Annotation, `"8080:80,127.0.0.1:5000:5000"`: published ports of the pod as a whole. `podlab create -p` sets it."""
INIT = "podlab.io/init"
"""Annotation, `"false"`: containers run without the engine's init as PID 1, as systemd images need."""


PIDS_LIMIT = "podlab.io/pids-limit"
"""Annotation, `"1000"`: how many processes and threads each container of the pod may have at a time. In Kubernetes
a node has this setting, not a pod: https://kubernetes.io/docs/concepts/policy/pid-limiting/"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod(Wire):
    """The wanted state: a Kubernetes `v1` Pod. It may have no container yet (`podlab create`)."""

    metadata: Metadata
    spec: PodSpec

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_isolated(self) -> bool:
        return self.metadata.annotations.get(ISOLATED) == "true"

    def container(self, name: str) -> Container | None:
        return next((c for c in self.spec.containers if c.name == name), None)
