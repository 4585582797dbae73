"""Files of a changed ConfigMap or Secret, soon: a kubelet that sees its pod change looks at its volumes, else only
once a minute. https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/#mounted-configmaps-are-updated-automatically
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.client import MANAGER, MERGE
from podlab.engines.kubernetes.manifest import REFRESHED
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

_NAMES: Final = {"ConfigMap": ("configMap", "name"), "Secret": ("secret", "secretName")}


async def refresh(client: Client, kind: str, name: str, version: str) -> None:
    """Of podlab's pods that mount it. Where that is refused, a minute later is early enough."""
    body = {"metadata": {"annotations": {REFRESHED: version}}}

    async def one(pod: str) -> None:
        await client.json(
            "PATCH", client.pod(pod), query={"fieldManager": MANAGER}, body=body, content_type=MERGE
        )

    with suppress(PodlabError):
        found = await find.pods(client)
        users = [each["metadata"]["name"] for each in found if _mounts(each["spec"], kind, name)]
        await asyncio.gather(*map(one, users))


def _mounts(spec: Mapping[str, Any], kind: str, name: str) -> bool:
    source, key = _NAMES[kind]
    for volume in spec.get("volumes") or ():
        if (volume.get(source) or {}).get(key) == name:
            return True
        for each in (volume.get("projected") or {}).get("sources") or ():
            if (each.get(source) or {}).get("name") == name:
                return True
    return False
