"""A deployment brought to a cluster, and followed until its portal answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from podlab.deploy.portal import NAME
from podlab.engines.kubernetes.lab import owned, secrets
from podlab.errors import TimedOut, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.deploy.cluster import Deployment
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.labs import Ground

READY_S: Final = 600.0
"""The nodes may have to pull the portal's image, and all that seats are made of, before it answers."""
_LOOK_S: Final = 1.0
_TRIES: Final = 2
_NO_IMAGE: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"})
_VOLUME: Final = (
    "where it cannot read /state, the storage class gives it a volume that does not follow the pod's fsGroup: "
    "--storage-class names another"
)


async def carry_out(
    client: Client, ground: Ground, wanted: Deployment, *, on_done: Callable[[str, str], None]
) -> None:
    """Make what differs, one after the other; `on_done(kind, name)` hears of each. `client` is in the seats' namespace.
    Done again it changes nothing. Errors as in `owned.keep` and `secrets.bring`."""
    for manifest in wanted.documents:
        await owned.keep(client, manifest)
        on_done(manifest["kind"], manifest["metadata"]["name"])
        if manifest["metadata"]["name"] == wanted.seats:
            await secrets.bring(client, ground)


async def answered(client: Client, wanted: Deployment, *, timeout_s: float = READY_S) -> None:
    """Returns when the portal is ready. `Unavailable` where it fails again and again, with its last words, or cannot
    get its image; `TimedOut` where it takes too long."""
    deployment = next(
        each
        for each in wanted.documents
        if each["kind"] == "Deployment" and each["metadata"]["namespace"] == wanted.own
    )
    try:
        async with asyncio.timeout(timeout_s):
            while not _is_ready(await client.json("GET", owned.path(client, deployment))):
                await _refuse_failing(client, wanted.own)
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise TimedOut(
            f"the portal is not ready after {timeout_s:g} s",
            subject=NAME,
            hint=f"kubectl --namespace {wanted.own} describe pod, and: kubectl --namespace {wanted.own} logs "
            f"deployment/{NAME}",
        ) from None


async def _refuse_failing(client: Client, namespace: str) -> None:
    pods = f"/api/v1/namespaces/{namespace}/pods"
    for pod in (await client.json("GET", pods, query={"labelSelector": f"app={NAME}"}))["items"]:
        for status in pod["status"].get("containerStatuses") or ():
            waiting = (status.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") == "CrashLoopBackOff" and status.get("restartCount", 0) >= _TRIES:
                log = f"{pods}/{pod['metadata']['name']}/log"
                async with client.stream("GET", log, query={"tailLines": 5, "previous": True}) as response:
                    said = (await response.text()).strip()
                raise Unavailable(f"the portal fails again and again:\n{said}", subject=NAME, hint=_VOLUME)
            if waiting.get("reason") in _NO_IMAGE:
                raise Unavailable(
                    f"the node has no image for the portal: {waiting.get('message', '')}",
                    subject=NAME,
                    hint="`podlab deploy images` writes it to a file that nodes can import",
                )


def _is_ready(found: dict[str, Any]) -> bool:
    status = found.get("status") or {}
    is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
    return bool(is_seen and status.get("updatedReplicas") and status.get("readyReplicas"))
