"""What an engine cannot keep, said before anything is changed. Pure."""

from __future__ import annotations

from podlab.engines.docker.api.features import Features
from podlab.errors import Unsupported
from podlab.model import Pod


def refuse_what_cannot_be(pod: Pod, features: Features) -> None:
    """`Unsupported` where the pod would run, but not as it is wanted."""
    if pod.spec.for_cluster:
        raise Unsupported(
            f"pod '{pod.name}' says what only a cluster can honour: {', '.join(sorted(pod.spec.for_cluster))}",
            subject=pod.name,
            hint="remove it, or use --engine kubernetes",
        )
    if pod.is_isolated and not features.bridges_keep_apart:
        raise Unsupported(
            f"this engine cannot keep pod '{pod.name}' isolated: on its bridges all containers reach one another",
            subject=pod.name,
            hint="use a Docker Engine for isolated pods and seats; docs/podman.md tells what else differs",
        )
