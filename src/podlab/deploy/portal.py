"""The portal itself: one pod with a volume for its SQLite file, a Service, and an Ingress where it has a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

NAME: Final = "podlab-portal"
PORT: Final = 8080
PREVIEWS: Final = 8081
STORE: Final = "1Gi"
"""For codes, progress and what attendees take home."""
USER: Final = 1000
_LONG_S: Final = "3600"
_NGINX: Final = {
    f"nginx.ingress.kubernetes.io/{key}": value
    for key, value in (
        ("proxy-read-timeout", _LONG_S),
        ("proxy-send-timeout", _LONG_S),
        ("proxy-body-size", "0"),
        ("proxy-request-buffering", "off"),
        ("proxy-buffering", "off"),
    )
}
"""Terminals are websockets that may be silent for long. Other controllers pass over these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """`seats_namespace` is where it makes seats. `options` are more of `podlab serve`. Without `public_url` it is
    reached by `kubectl port-forward`; `preview_names` is such as `https://*.previews.example.org`."""

    image: str
    seats_namespace: str
    options: tuple[str, ...] = ()
    public_url: str = ""
    preview_names: str = ""
    tls_secret: str = ""
    ingress_class: str = ""
    storage_class: str = ""
    pull_secrets: tuple[str, ...] = ()
    items: tuple[dict[str, str], ...] = field(default=())
    """Which key of the workshop's ConfigMap is which file."""
    folder_hash: str = ""
    """Of the workshop's files: with others the portal is started again."""


def manifests(portal: Portal) -> list[dict[str, Any]]:
    """Without labels and namespace."""
    found = [_account(portal), _claim(portal), _service(portal), _deployment(portal)]
    return [*found, *([_ingress(portal)] if portal.public_url else [])]


def _account(portal: Portal) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME}}


def _claim(portal: Portal) -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": STORE}}}
    if portal.storage_class:
        spec["storageClassName"] = portal.storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": NAME}, "spec": spec}


def _service(portal: Portal) -> dict[str, Any]:
    ports = [
        {"name": "portal", "port": PORT, "targetPort": PORT, "protocol": "TCP"},
        {"name": "previews", "port": PREVIEWS, "targetPort": PREVIEWS, "protocol": "TCP"},
    ]
    spec = {"selector": {"app": NAME}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec}


def _deployment(portal: Portal) -> dict[str, Any]:
    public = portal.public_url or f"http://localhost:{PORT}"
    names = ["--preview-names", portal.preview_names] if portal.preview_names else []
    command = [
        "python3", "-m", "podlab.cli", "serve", "/workshop",
        "--engine", f"kubernetes/{portal.seats_namespace}", "--listen", f"0.0.0.0:{PORT}", "--tls", "off",
        "--public-url", public, "--preview-port", str(PREVIEWS), *names, "--state", "/state/class", *portal.options,
    ]  # fmt: skip
    # A folder of its own in the volume, whose own rights belong to the cluster.
    health = {"httpGet": {"path": "/healthz", "port": PORT}}
    container = {
        "name": "portal",
        "image": portal.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "env": [{"name": "HOME", "value": "/state"}, {"name": "PYTHONUNBUFFERED", "value": "1"}],
        "ports": [
            {"name": "portal", "containerPort": PORT, "protocol": "TCP"},
            {"name": "previews", "containerPort": PREVIEWS, "protocol": "TCP"},
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "readinessProbe": health | {"periodSeconds": 5},
        # Seats are made before it answers: that may take a while on cold nodes.
        "startupProbe": health | {"periodSeconds": 5, "failureThreshold": 240},
        "livenessProbe": health | {"periodSeconds": 20, "timeoutSeconds": 10},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "workshop", "mountPath": "/workshop", "readOnly": True},
            {"name": "state", "mountPath": "/state"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a place in the container
        ],
    }
    spec: dict[str, Any] = {
        "serviceAccountName": NAME,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "workshop", "configMap": {"name": NAME, "items": list(portal.items)}},
            {"name": "state", "persistentVolumeClaim": {"claimName": NAME}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    if portal.pull_secrets:
        spec["imagePullSecrets"] = [{"name": each} for each in portal.pull_secrets]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {
            "replicas": 1,  # one process owns the SQLite file
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": NAME}},
            "template": {
                "metadata": {
                    "labels": {"app": NAME},
                    "annotations": {"podlab.io/workshop-files": portal.folder_hash},
                },
                "spec": spec,
            },
        },
    }


def _ingress(portal: Portal) -> dict[str, Any]:
    """https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards"""
    hosts = [(urlsplit(portal.public_url).hostname or "", "portal")]
    if portal.preview_names:
        hosts.append((urlsplit(portal.preview_names).hostname or "", "previews"))
    spec: dict[str, Any] = {"rules": [_rule(*each) for each in hosts]}
    if portal.ingress_class:
        spec["ingressClassName"] = portal.ingress_class
    if portal.tls_secret:
        spec["tls"] = [{"hosts": [host for host, _ in hosts], "secretName": portal.tls_secret}]
    metadata = {"name": NAME, "annotations": _NGINX}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _rule(host: str, port: str) -> dict[str, Any]:
    backend = {"service": {"name": NAME, "port": {"name": port}}}
    return {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
