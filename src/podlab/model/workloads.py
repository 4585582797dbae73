"""Objects that make pods of a template. https://kubernetes.io/docs/concepts/workloads/controllers/"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from podlab.model.metadata import Metadata
from podlab.model.objects import PersistentVolumeClaim
from podlab.model.pod import PodSpec
from podlab.wire import Wire

Share = int | str
"""A number of pods, or a share of those that are wanted: `1`, `25%`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateMetadata(Wire):
    """Labels and annotations of what a template makes; the name comes from the workload."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplate(Wire):
    spec: PodSpec
    metadata: TemplateMetadata = TemplateMetadata()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequirement(Wire):
    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector(Wire):
    """It must fit the labels of the template; pods are found again by their owner."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelRequirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingUpdate(Wire):
    """How far a change may go below and above the number of pods that are wanted."""

    max_unavailable: Share | None = None
    max_surge: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStrategy(Wire):
    type: Literal["RollingUpdate", "Recreate"] | None = None
    rolling_update: RollingUpdate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec(Wire):
    selector: LabelSelector
    template: PodTemplate
    replicas: int | None = None
    strategy: DeploymentStrategy | None = None
    revision_history_limit: int | None = None
    min_ready_seconds: int | None = None
    progress_deadline_seconds: int | None = None
    paused: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Wire):
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"""

    metadata: Metadata
    spec: DeploymentSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSetSpec(Wire):
    selector: LabelSelector
    template: PodTemplate
    replicas: int | None = None
    min_ready_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSet(Wire):
    """https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/"""

    metadata: Metadata
    spec: ReplicaSetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedUpdate(Wire):
    """Pods with an ordinal below `partition` stay as they are."""

    partition: int | None = None
    max_unavailable: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatefulSetStrategy(Wire):
    type: Literal["RollingUpdate", "OnDelete"] | None = None
    rolling_update: OrderedUpdate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinals(Wire):
    start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRetention(Wire):
    """What becomes of the claims of a set that is deleted, and of pods that are scaled away."""

    when_deleted: Literal["Retain", "Delete"] | None = None
    when_scaled: Literal["Retain", "Delete"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatefulSetSpec(Wire):
    selector: LabelSelector
    template: PodTemplate
    service_name: str | None = None
    replicas: int | None = None
    pod_management_policy: Literal["OrderedReady", "Parallel"] | None = None
    update_strategy: StatefulSetStrategy | None = None
    revision_history_limit: int | None = None
    min_ready_seconds: int | None = None
    ordinals: Ordinals | None = None
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    persistent_volume_claim_retention_policy: ClaimRetention | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatefulSet(Wire):
    """https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/"""

    metadata: Metadata
    spec: StatefulSetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSetStrategy(Wire):
    type: Literal["RollingUpdate", "OnDelete"] | None = None
    rolling_update: RollingUpdate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSetSpec(Wire):
    selector: LabelSelector
    template: PodTemplate
    update_strategy: DaemonSetStrategy | None = None
    revision_history_limit: int | None = None
    min_ready_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSet(Wire):
    """A pod for each node, and an engine is one. https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/"""

    metadata: Metadata
    spec: DaemonSetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitCodes(Wire):
    """Of a container that ended badly, the named one or any."""

    operator: Literal["In", "NotIn"]
    values: tuple[int, ...]
    container_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionPattern(Wire):
    type: str
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRule(Wire):
    """One of the two."""

    action: Literal["FailJob", "FailIndex", "Ignore", "Count"]
    on_exit_codes: ExitCodes | None = None
    on_pod_conditions: tuple[ConditionPattern, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePolicy(Wire):
    """The first rule that fits counts. https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy"""

    rules: tuple[FailureRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessRule(Wire):
    """`succeeded_indexes` are such as `0,2-4`."""

    succeeded_indexes: str | None = None
    succeeded_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessPolicy(Wire):
    """Any rule is enough. https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy"""

    rules: tuple[SuccessRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec(Wire):
    template: PodTemplate
    completions: int | None = None
    parallelism: int | None = None
    backoff_limit: int | None = None
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    completion_mode: Literal["NonIndexed", "Indexed"] | None = None
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None
    manual_selector: bool | None = None
    selector: LabelSelector | None = None
    pod_failure_policy: FailurePolicy | None = None
    success_policy: SuccessPolicy | None = None
    suspend: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Wire):
    """https://kubernetes.io/docs/concepts/workloads/controllers/job/"""

    metadata: Metadata
    spec: JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTemplate(Wire):
    spec: JobSpec
    metadata: TemplateMetadata = TemplateMetadata()


@dataclass(frozen=True, slots=True, kw_only=True)
class CronJobSpec(Wire):
    """`schedule` has the five fields of cron, in `time_zone` or else the machine's own."""

    schedule: str
    job_template: JobTemplate
    time_zone: str | None = None
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] | None = None
    starting_deadline_seconds: int | None = None
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None
    suspend: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CronJob(Wire):
    """https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"""

    metadata: Metadata
    spec: CronJobSpec


Replicated = Deployment | ReplicaSet | StatefulSet | DaemonSet
"""What keeps a number of pods running."""
Workload = Deployment | ReplicaSet | StatefulSet | DaemonSet | Job | CronJob
