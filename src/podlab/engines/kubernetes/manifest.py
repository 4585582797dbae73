"""A pod as the API takes it, and back. Pure.

What was wanted is an annotation, word for word: what the API gives back has its defaults in it, and what its version
does not know is gone from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from podlab import naming
from podlab.engines.kubernetes.find import Found
from podlab.errors import Unsupported
from podlab.model import ISOLATED, PUBLISH, Pod
from podlab.wire import decode, encode

ISOLATION: Final = ISOLATED
"""Label of an isolated pod, by which network policies find it; the annotation says so to people."""
_OURS: Final = frozenset({naming.VERSION, naming.POD, ISOLATION})
REFRESHED: Final = "podlab.io/refreshed"
"""Annotation: of which version of an object a kubelet was last told that its files are others."""
_NOT_THE_USERS: Final = frozenset({naming.SPEC, naming.CONTENT, REFRESHED})
_PULLED: Final = "IfNotPresent"


def manifest(pod: Pod) -> dict[str, Any]:
    """`Unsupported` for what no field of Kubernetes says."""
    if pod.metadata.annotations.get(PUBLISH):
        raise Unsupported(
            f"pod '{pod.name}': Kubernetes publishes ports of containers, not of a pod as a whole",
            subject=pod.name,
            hint="write hostPort at a container's port, or reach it by `podlab port-forward`",
        )
    if not pod.spec.containers:
        raise Unsupported(
            f"pod '{pod.name}' has no container, and on Kubernetes none can come later",
            subject=pod.name,
            hint="write them all into one file for `podlab up`",
        )
    labels = {**pod.metadata.labels, **_own_labels(pod)}
    annotations = {**pod.metadata.annotations, naming.SPEC: written(pod)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod.name, "labels": labels, "annotations": annotations},
        "spec": spec(encode(pod.spec)),
    }


def spec(encoded: Mapping[str, Any]) -> dict[str, Any]:
    """Of a pod or a template. An image is pulled where it is missing, as on every engine of podlab: without a word
    Kubernetes asks a registry again for `latest`."""
    made = dict(encoded)
    for part in ("initContainers", "containers"):
        if part in made:
            made[part] = [{"imagePullPolicy": _PULLED, **each} for each in made[part]]
    return made


def _own_labels(pod: Pod) -> dict[str, str]:
    own = {naming.VERSION: naming.LABEL_SCHEME, naming.POD: pod.name}
    return own | ({ISOLATION: "true"} if pod.is_isolated else {})


def written(pod: Pod) -> str:
    return json.dumps(encode(pod), separators=(",", ":"), ensure_ascii=False)


def wanted(found: Found) -> Pod:
    """The wanted state that was last applied. Of a pod that a Deployment or a Job made it is what it was made of."""
    text = annotations_of(found).get(naming.SPEC)
    if text is not None:
        return decode(Pod, json.loads(text))
    metadata = found["metadata"]
    own = {
        "name": metadata["name"],
        "labels": labels_of_user(found),
        "annotations": annotations_of_user(found),
    }
    return decode(Pod, {"metadata": own, "spec": found["spec"]})


def labels_of_user(found: Found) -> dict[str, str]:
    """Without podlab's own."""
    labels = found["metadata"].get("labels") or {}
    return {key: value for key, value in labels.items() if key not in _OURS}


def annotations_of_user(found: Found) -> dict[str, str]:
    return {key: value for key, value in annotations_of(found).items() if key not in _NOT_THE_USERS}


def annotations_of(found: Found) -> Mapping[str, str]:
    return found["metadata"].get("annotations") or {}
