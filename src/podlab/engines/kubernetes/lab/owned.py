"""Objects that are podlab's own: found, made as wanted where they differ, and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes.client import APPLY, MANAGER
from podlab.engines.kubernetes.lab.ground import LAB, MADE_FROM, hashed
from podlab.errors import Conflict, Denied, NotFound

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

_PLURALS: Final = {
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "Ingress": "ingresses",
    "LimitRange": "limitranges",
    "Namespace": "namespaces",
    "NetworkPolicy": "networkpolicies",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ResourceQuota": "resourcequotas",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
}


def path(client: Client, manifest: dict[str, Any]) -> str:
    """Of the object in the API, in its own namespace or the client's."""
    plural, name = _PLURALS[manifest["kind"]], manifest["metadata"]["name"]
    if manifest["kind"] == "Namespace":
        return f"/api/v1/namespaces/{name}"
    namespace = manifest["metadata"].get("namespace", client.namespace)
    group = manifest["apiVersion"]
    root = "apis" if "/" in group else "api"
    return f"/{root}/{group}/namespaces/{namespace}/{plural}/{name}"


async def found(client: Client, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """The object of that kind and name; None where there is none."""
    try:
        there: dict[str, Any] = await client.json("GET", path(client, manifest))
    except NotFound:
        return None
    return there


def is_of(lab: str, there: dict[str, Any]) -> bool:
    return bool((there["metadata"].get("labels") or {}).get(LAB) == lab)


async def keep(client: Client, manifest: dict[str, Any]) -> dict[str, Any]:
    """Make it so where it is not; the object then.

    Where it is there already, and somebody with more rights keeps it for us, it stays as it is. `Conflict` where one
    of that name is not the lab's. https://kubernetes.io/docs/reference/using-api/server-side-apply/
    """
    wanted = hashed(manifest)
    lab = wanted["metadata"]["labels"][LAB]
    there = await found(client, manifest)
    if there is not None:
        if not is_of(lab, there):
            raise taken(manifest)
        told = (there["metadata"].get("annotations") or {}).get(MADE_FROM)
        if told == wanted["metadata"]["annotations"][MADE_FROM]:
            return there
    try:
        made: dict[str, Any] = await client.json(
            "PATCH", path(client, manifest), query={"fieldManager": MANAGER, "force": True}, body=wanted,
            content_type=APPLY,
        )  # fmt: skip
    except Denied:
        if there is None:
            raise
        return there
    return made


def taken(manifest: dict[str, Any]) -> Conflict:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    return Conflict(
        f"there is a {kind} '{name}' already, and it is not this workshop's",
        subject=name,
        hint=f"rename the workshop, name another namespace, or: kubectl delete {kind.lower()} {name}",
    )


async def remove(client: Client, manifest: dict[str, Any]) -> None:
    """Where it is the lab's own. What is gone is as good."""
    there = await found(client, manifest)
    if there is None or not is_of(manifest["metadata"]["labels"][LAB], there):
        return
    try:
        # Without, what a Deployment made would stay: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
        await client.json("DELETE", path(client, manifest), body={"propagationPolicy": "Background"})
    except NotFound:
        return
