"""A pod as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from podlab.model.annotations import CLEAN_RESTARTS, ISOLATED
from podlab.model.container import Container, Resources
from podlab.model.metadata import Metadata
from podlab.model.security import PodSecurityContext
from podlab.model.volumes import Volume
from podlab.wire import Wire


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
class PodOS(Wire):
    """All containers here are Linux's."""

    name: Literal["linux"]


DEFAULT_GRACE_S: Final = 30
_FOR_CLUSTER: Final = frozenset({
    "affinity", "automountServiceAccountToken", "enableServiceLinks", "nodeName", "nodeSelector",
    "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "resourceClaims",
    "schedulerName", "schedulingGates", "serviceAccount", "serviceAccountName", "tolerations",
    "topologySpreadConstraints",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSecret(Wire):
    """A Secret with a login to a registry."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSpec(Wire):
    """`for_cluster` has the fields that only a cluster honours, by their names in files and as they are written there:
    which node the pod is for, as whom it speaks to the API server."""

    FOR_CLUSTER: ClassVar[frozenset[str]] = _FOR_CLUSTER

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    image_pull_secrets: tuple[PullSecret, ...] = ()
    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None
    security_context: PodSecurityContext | None = None
    resources: Resources | None = None
    share_process_namespace: bool | None = None
    host_network: bool | None = None
    host_pid: bool | None = None
    host_ipc: bool | None = None
    host_users: bool | None = None
    hostname: str | None = None
    subdomain: str | None = None
    set_hostname_as_fqdn: bool | None = None
    hostname_override: str | None = None
    host_aliases: tuple[HostAlias, ...] = ()
    dns_policy: Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] | None = None
    dns_config: DNSConfig | None = None
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    runtime_class_name: str | None = None
    os: PodOS | None = None
    for_cluster: Mapping[str, Any] = field(default_factory=dict)

    @property
    def grace_s(self) -> int:
        """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"""
        said = self.termination_grace_period_seconds
        return DEFAULT_GRACE_S if said is None else said

    @property
    def lasting(self) -> tuple[Container, ...]:
        """What runs as long as the pod does: its sidecars (init containers with `restartPolicy: Always`), then its
        containers. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"""
        return (*(c for c in self.init_containers if c.restart_policy == "Always"), *self.containers)


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

    @property
    def restarts_clean(self) -> bool:
        return self.metadata.annotations.get(CLEAN_RESTARTS) == "true"

    @property
    def members(self) -> tuple[Container, ...]:
        """Init containers and containers, in the order in which they start."""
        return (*self.spec.init_containers, *self.spec.containers)

    def container(self, name: str) -> Container | None:
        return next((c for c in self.members if c.name == name), None)
