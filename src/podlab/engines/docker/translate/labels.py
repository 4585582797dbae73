"""What a pod is found by again, and what its parts are compared by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from podlab import naming
from podlab.model import Pod
from podlab.wire import encode

Body = dict[str, Any]
"""Of a request, as the engine takes it."""


def runtime(pod: Pod) -> Body:
    """Of the whole pod, as in Kubernetes. https://kubernetes.io/docs/concepts/containers/runtime-class/"""
    return {"Runtime": pod.spec.runtime_class_name} if pod.spec.runtime_class_name else {}


def spec_volume(pod: Pod, generation: int) -> Body:
    """Labels cannot be changed, so each later version of the wanted state is a volume of its own, never mounted."""
    return {
        "Name": naming.spec_volume(pod.name, generation),
        "Labels": {
            naming.POD: pod.name, naming.ROLE: "spec", naming.VERSION: naming.LABEL_SCHEME,
            naming.GENERATION: str(generation), **wanted_state(pod),
        },
    }  # fmt: skip


def wanted_state(pod: Pod) -> dict[str, str]:
    return {naming.SPEC: json.dumps(encode(pod), separators=(",", ":"))}


def status_volume(pod: str, generation: int, told: Mapping[str, str]) -> Body:
    """What the node knows of the pod; never mounted either."""
    return {
        "Name": naming.status_volume(pod, generation),
        "Labels": {
            naming.POD: pod, naming.ROLE: "status", naming.VERSION: naming.LABEL_SCHEME,
            naming.GENERATION: str(generation), **told,
        },
    }  # fmt: skip


def removal_volume(pod: str) -> Body:
    """It tells that the pod is being removed; never mounted either."""
    labels = {naming.POD: pod, naming.ROLE: "removal", naming.VERSION: naming.LABEL_SCHEME}
    return {"Name": naming.removal_volume(pod), "Labels": labels}


NETWORK_LABELS: Final = {naming.ROLE: "network", naming.VERSION: naming.LABEL_SCHEME}


def one_shim(pod: Pod) -> dict[str, str]:
    """One containerd-shim for the whole pod, as under Kubernetes: it saves about 6 MB and 15 CPU-ms a member.

    Engines before API 1.43 leave it out of account. https://github.com/containerd/containerd/blob/main/core/runtime/v2/README.md
    """
    return {"io.containerd.runc.v2.group": f"podlab-{pod.name}"}


def labels(pod: Pod, container: str, role: str, digest: str) -> dict[str, str]:
    own = {
        naming.POD: pod.name, naming.CONTAINER: container, naming.ROLE: role, naming.HASH: digest,
        naming.VERSION: naming.LABEL_SCHEME,
    }  # fmt: skip
    return dict(pod.metadata.labels) | own


def digest(*parts: Any) -> str:
    text = json.dumps(encode(parts), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
