"""What the pod as a whole may use: a control group of its own, above those of its containers.

https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#pod-level-resource-specification
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from podlab import naming
from podlab.engines.docker.translate.labels import Body, digest
from podlab.engines.docker.translate.resources import bounds
from podlab.model import Container, Pod, Resources

GROUP: Final = "@pod"
"""In a body: the pod's control group. What that is called depends on the engine; `pod_group` puts it in."""
PERIOD_US: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """-1: without bound. `quota_us` is of every `PERIOD_US`."""

    memory_bytes: int = -1
    quota_us: int = -1
    shares: int = 1024


def is_bounded(pod: Pod) -> bool:
    said = pod.spec.resources
    return said is not None and bool(said.limits or said.requests)


def whole(pod: Pod) -> Whole:
    said = pod.spec.resources or Resources()
    found = bounds(said)
    return Whole(
        memory_bytes=found.get("Memory", -1),
        quota_us=max(1000, found["NanoCpus"] * PERIOD_US // 10**9) if "NanoCpus" in found else -1,
        shares=found.get("CpuShares", 1024),
    )


def grouped(pod: Pod) -> Body:
    return {"CgroupParent": GROUP} if is_bounded(pod) else {}


def own_bounds(pod: Pod, container: Container) -> Body:
    """A container that says no limit has its pod's, so that it sees it, too."""
    own = container.resources or Resources()
    if is_bounded(pod) and pod.spec.resources:
        own = dataclasses.replace(own, limits={**pod.spec.resources.limits, **own.limits})
    return bounds(own)


def bounds_volume(pod: Pod, sandbox: str) -> Body:
    """A volume that nobody mounts: while there is one of this name, these bounds are held around this run of the
    infra container. A control group does not outlive the machine."""
    name = naming.bounds_volume(pod.name, digest(sandbox, pod.spec.resources))
    return {
        "Name": name,
        "Labels": {naming.POD: pod.name, naming.ROLE: "bounds", naming.VERSION: naming.LABEL_SCHEME},
    }
