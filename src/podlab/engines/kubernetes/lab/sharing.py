"""What seats share, in the cluster: a Deployment behind a Service's address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes.lab import owned, shared
from podlab.engines.labs import Shared
from podlab.errors import Denied, PodlabError, TimedOut, Unavailable

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.model import Pod

READY_S: Final = 180.0
_LOOK_S: Final = 0.3
_HOPELESS: Final = frozenset(
    {"ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CrashLoopBackOff"}
)
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_HINT: Final = (
    "seats ask it at its Service's address: a network policy of the cluster's own may be in the way, or there is no "
    "kube-proxy; podlab doctor --engine kubernetes tries it"
)


async def share(client: Client, lab: str, pod: Pod, port: int, *, keeps: str = "") -> Shared:
    """As `HostsLabs.share`."""
    has_storage = bool(keeps) and await has_default_storage(client)
    service: dict[str, Any] = {}
    for each in shared.manifests(lab, pod, port, keeps=keeps, has_storage=has_storage):
        made = await owned.keep(client, each)
        if each["kind"] == "Service":
            service = made
    await _available(client, pod)
    return Shared(host=str(service["spec"]["clusterIP"]), port=port, hint=_HINT)


async def unshare(client: Client, lab: str, pod: Pod) -> None:
    """As `HostsLabs.unshare`. What it has kept goes, too."""
    for each in shared.manifests(lab, pod, 1, keeps="any"):
        await owned.remove(client, each)


async def has_default_storage(client: Client) -> bool:
    """Whether a claim that names no storage class gets a volume. https://kubernetes.io/docs/concepts/storage/storage-classes/"""
    try:
        found = await client.json("GET", "/apis/storage.k8s.io/v1/storageclasses")
    except Denied:
        return False
    return any(
        (each["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true" for each in found["items"]
    )


async def _available(client: Client, pod: Pod) -> None:
    path = client.of("deployments", pod.name, group="apps/v1")
    try:
        async with asyncio.timeout(READY_S):
            while True:
                found = await client.json("GET", path)
                status = found.get("status") or {}
                is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
                if is_seen and status.get("updatedReplicas") and status.get("availableReplicas"):
                    return
                if (why := await _why_not(client, pod)) and why[0] in _HOPELESS:
                    raise _unavailable(pod, *why)
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        why = await _why_not(client, pod)
        raise TimedOut(
            f"'{pod.name}' is not ready after {READY_S:g} s: {': '.join(filter(None, why)) or 'nobody says why'}",
            subject=pod.name,
            hint=f"kubectl --namespace {client.namespace} describe deployment {pod.name}",
        ) from None


def _unavailable(pod: Pod, reason: str, message: str) -> PodlabError:
    image = pod.spec.containers[0].image
    hint = (
        f"the nodes need the image {image}, or a registry that they pull it from: docs/kubernetes-classroom.md"
        if "Image" in reason
        else "kubectl logs tells more"
    )
    return Unavailable(f"'{pod.name}' does not come up: {reason}: {message}", subject=pod.name, hint=hint)


async def _why_not(client: Client, pod: Pod) -> tuple[str, str]:
    """Reason and message of what holds one of its pods up."""
    labels = ",".join(f"{key}={value}" for key, value in pod.metadata.labels.items())
    for each in (await client.json("GET", client.of("pods"), query={"labelSelector": labels}))["items"]:
        status = each["status"]
        for container in (
            *(status.get("initContainerStatuses") or ()),
            *(status.get("containerStatuses") or ()),
        ):
            if waiting := (container.get("state") or {}).get("waiting"):
                return str(waiting.get("reason", "")), str(waiting.get("message", ""))
        for condition in status.get("conditions") or ():
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                return str(condition.get("reason", "")), str(condition.get("message", ""))
    return "", ""
