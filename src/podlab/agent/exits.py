"""When a pod is over though some of its containers still run.

Kubernetes knows `all` only. https://docs.podman.io/en/stable/markdown/podman-pod-create.1.html#exit-policy-continue-stop
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from podlab.node import order
from podlab.pods.target import default_container
from podlab.status import State

if TYPE_CHECKING:
    from podlab.model import Pod
    from podlab.status import PodStatus

ExitPolicy = Literal["all", "any", "main"]
"""A pod is over when `all` of its containers have ended for good, or `any` of them, or the `main` one, which is the
default container as `podlab exec` takes it. Init containers and sidecars do not count."""


def ends_pod(pod: Pod, status: PodStatus, policy: ExitPolicy) -> str:
    """The container whose end is to end the pod, which still runs; else empty."""
    if policy == "all":
        return ""
    names = [c.name for c in pod.spec.containers]
    if policy == "main" and names:
        names = [default_container(pod)]
    found = {c.name: c for c in status.containers}
    if all(c.state is State.TERMINATED for c in found.values()):
        return ""
    for name in names:
        c = found.get(name)
        if c and c.state is State.TERMINATED and order.has_ended(pod, name, c.exit_code):
            return name
    return ""
