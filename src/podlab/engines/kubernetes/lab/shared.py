"""What seats share, as a Deployment with a Service before it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from podlab import wire
from podlab.engines.kubernetes.lab.ground import LAB, SEATS

if TYPE_CHECKING:
    from podlab.model import Pod

KEPT: Final = "10Gi"
"""Of what is fetched for seats."""
_FILLED: Final = "kept"


def manifests(
    lab: str, pod: Pod, port: int, *, keeps: str = "", has_storage: bool = True
) -> list[dict[str, Any]]:
    """`keeps` is a folder in the first container whose content lasts beside what its image has there: on a claim, or
    where the cluster has no storage to give (`has_storage`), as long as the pod lives."""
    labels = {LAB: lab, **pod.metadata.labels}
    metadata = {"name": pod.name, "labels": labels}
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": KEPT}}},
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "selector": dict(pod.metadata.labels),
            "ports": [{"port": port, "targetPort": port, "protocol": "TCP"}],
        },
    }
    volume = (
        {"persistentVolumeClaim": {"claimName": pod.name}}
        if has_storage
        else {"emptyDir": {"sizeLimit": KEPT}}
    )
    return [
        *([claim] if keeps and has_storage else []),
        service,
        _deployment(pod, labels, keeps, {"name": _FILLED, **volume}),
    ]


def _deployment(pod: Pod, labels: dict[str, str], keeps: str, volume: dict[str, Any]) -> dict[str, Any]:
    spec = wire.encode(pod.spec)
    spec.pop("activeDeadlineSeconds", None)  # a Deployment's pods live for ever
    spec |= {
        "serviceAccountName": SEATS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
    }
    for each in spec["containers"]:
        each["imagePullPolicy"] = each.get("imagePullPolicy", "IfNotPresent")
        # Before 1.22 server-side apply knows no default of a key that it finds list items by.
        each["ports"] = [{"protocol": "TCP", **port} for port in each.get("ports", ())]
    if keeps:
        first = spec["containers"][0]
        mount = {"name": _FILLED, "mountPath": keeps}
        spec["volumes"] = [*spec.get("volumes", ()), volume]
        spec["initContainers"] = [
            {
                "name": "fill",
                "image": first["image"],
                "imagePullPolicy": first["imagePullPolicy"],
                "command": ["sh", "-c", f"cp -Rn {keeps}/. /{_FILLED}/"],
                "securityContext": first.get("securityContext", {}),
                "volumeMounts": [{"name": _FILLED, "mountPath": f"/{_FILLED}"}],
            }
        ]
        first["volumeMounts"] = [*first.get("volumeMounts", ()), mount]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": pod.name, "labels": labels},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": dict(pod.metadata.labels)},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
