"""A pod of a template: its name, its labels, and what its workload adds to it. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from podlab import naming
from podlab.model import ClaimVolume, Container, EnvVar, Metadata, PersistentVolumeClaim, Pod, PodSpec, Volume
from podlab.model.workloads import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    PodTemplate,
    Replicated,
    StatefulSet,
    Workload,
)
from podlab.wire import encode

W = TypeVar("W", bound=Workload)

POD_INDEX: Final = "apps.kubernetes.io/pod-index"
POD_NAME: Final = "statefulset.kubernetes.io/pod-name"
JOB_NAMES: Final = ("batch.kubernetes.io/job-name", "job-name")
"""The second is from before Kubernetes 1.27, and still what most people select by."""
JOB_INDEX: Final = "batch.kubernetes.io/job-completion-index"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/"""
INDEX_VARIABLE: Final = "JOB_COMPLETION_INDEX"
"""https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode"""


def revision(template: PodTemplate) -> str:
    """Ten characters that differ where templates do."""
    text = json.dumps(encode(template), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def kind_of(workload: Workload) -> str:
    return type(workload).__name__


def reference(workload: Workload) -> str:
    """As kubectl names it: `deployment/web`."""
    return f"{kind_of(workload).lower()}/{workload.metadata.name}"


def replicas(workload: Replicated) -> int:
    """How many pods are wanted; of a DaemonSet one, since an engine is one node."""
    if isinstance(workload, DaemonSet):
        return 1
    return 1 if workload.spec.replicas is None else workload.spec.replicas


def template_of(workload: Workload) -> PodTemplate:
    if isinstance(workload, CronJob):
        return workload.spec.job_template.spec.template
    return workload.spec.template


def with_template(workload: W, template: PodTemplate) -> W:
    """The same with pods of another template."""
    if isinstance(workload, CronJob):
        job = dataclasses.replace(workload.spec.job_template.spec, template=template)
        spec: Any = dataclasses.replace(
            workload.spec, job_template=dataclasses.replace(workload.spec.job_template, spec=job)
        )
    else:
        written: Any = workload.spec
        spec = dataclasses.replace(written, template=template)
    made: Any = workload
    return dataclasses.replace(made, spec=spec)  # type: ignore[no-any-return]


def pod(workload: Replicated, ordinal: int, template: PodTemplate | None = None) -> Pod:
    """`NAME-ORDINAL`, from the workload's own template or from an earlier one of it.

    A StatefulSet's pod is named in DNS as in Kubernetes, as far as its engine has that, and has the set's claims:
    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
    """
    template = template or workload.spec.template
    name = f"{workload.metadata.name}-{ordinal}"
    spec, labels = template.spec, owner_labels(workload, revision(template))
    if isinstance(workload, StatefulSet):
        labels |= {POD_NAME: name, POD_INDEX: str(ordinal)}
        spec = dataclasses.replace(
            spec,
            hostname=name,
            subdomain=workload.spec.service_name or spec.subdomain,
            volumes=(
                *spec.volumes,
                *(_volume(claim, name) for claim in workload.spec.volume_claim_templates),
            ),
        )
    return _named(name, template, labels, spec)


def claims(workload: StatefulSet, ordinal: int) -> list[PersistentVolumeClaim]:
    """What one pod of the set keeps for good: `CLAIM-POD`.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage
    """
    name = f"{workload.metadata.name}-{ordinal}"
    return [
        dataclasses.replace(
            claim, metadata=dataclasses.replace(claim.metadata, name=f"{claim.metadata.name}-{name}")
        )
        for claim in workload.spec.volume_claim_templates
    ]


def job_pod(job: Job, name: str, index: int | None) -> Pod:
    """A pod of a Job; with `index` it is told which one it is."""
    template = job.spec.template
    labels = owner_labels(job, revision(template)) | dict.fromkeys(JOB_NAMES, job.metadata.name)
    if index is None:
        return _named(name, template, labels, template.spec)
    spec = dataclasses.replace(
        template.spec,
        hostname=f"{job.metadata.name}-{index}",
        containers=tuple(_told(c, index) for c in template.spec.containers),
        init_containers=tuple(_told(c, index) for c in template.spec.init_containers),
    )
    return _named(name, template, labels | {JOB_INDEX: str(index)}, spec, {JOB_INDEX: str(index)})


def owner_labels(owner: Workload, of_revision: str = "") -> dict[str, str]:
    """By which a workload's pods, and a CronJob's Jobs, are found again."""
    labels = {naming.OWNER_KIND: kind_of(owner), naming.OWNER_NAME: owner.metadata.name}
    if of_revision:
        labels[naming.REVISION] = of_revision
        if isinstance(owner, Deployment):
            labels["pod-template-hash"] = of_revision
    return labels


def is_job_of(job: Job, cron: CronJob) -> bool:
    labels = job.metadata.labels
    return labels.get(naming.OWNER_KIND) == "CronJob" and labels.get(naming.OWNER_NAME) == cron.metadata.name


def ordinal_of(workload: Workload, pod_name: str) -> int:
    """The number after the workload's name; -1 where there is none."""
    number = pod_name.removeprefix(f"{workload.metadata.name}-")
    return int(number) if number.isascii() and number.isdigit() else -1


def _named(
    name: str,
    template: PodTemplate,
    labels: Mapping[str, str],
    spec: PodSpec,
    annotations: Mapping[str, str] | None = None,
) -> Pod:
    return Pod(
        metadata=Metadata(
            name=name,
            labels={**template.metadata.labels, **labels},
            annotations={**template.metadata.annotations, **(annotations or {})},
        ),
        spec=spec,
    )


def _volume(claim: PersistentVolumeClaim, pod_name: str) -> Volume:
    name = claim.metadata.name
    return Volume(name=name, persistent_volume_claim=ClaimVolume(claim_name=f"{name}-{pod_name}"))


def _told(container: Container, index: int) -> Container:
    env = (EnvVar(name=INDEX_VARIABLE, value=str(index)), *container.env)
    return dataclasses.replace(container, env=env)
