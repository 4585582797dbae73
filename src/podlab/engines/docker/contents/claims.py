"""The data of a claim, when its first pod has it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.contents.opener import opened, put, tar_of
from podlab.engines.docker.contents.regroup import regroup
from podlab.engines.docker.steps import Step, Verb
from podlab.errors import Conflict
from podlab.model import PersistentVolumeClaim
from podlab.objects.ownership import ownership

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.api.client import Query
    from podlab.model import Pod, Volume
    from podlab.objects import Surroundings

_HEAD_BYTES: Final = 16 * 512
"""Of a folder's tar: enough for the folder itself and for the name of what is first in it."""
_AS_MADE: Final = 0o755


async def refuse_second(client: Client, pod: Pod, steps: Iterable[Step], around: Surroundings) -> None:
    """`Conflict` where these steps take a claim that is for one pod alone, and another pod has it."""
    claimed = translate.claimed(pod)
    for step in steps:
        if step.verb is Verb.OPEN_VOLUME and (name := claimed.get(step.target)):
            claim = around.objects.get(("PersistentVolumeClaim", name))
            if isinstance(claim, PersistentVolumeClaim) and "ReadWriteOncePod" in claim.spec.access_modes:
                await _refuse(client, pod, step.target, claim)


async def open_claim(client: Client, pod: Pod, name: str, image: str) -> None:
    """An engine makes a volume root's alone; one that is still so and empty becomes everybody's, or the pod's group's.
    What has been used becomes the group's, too, and stays as it is where the pod has none."""
    volume = next(v for v in pod.spec.volumes if not v.host_path and translate.source(pod, v) == name)
    async with opened(client, translate.opener(pod, name, image)) as id:
        if await _is_new(client, id):
            owned = ownership(pod, volume)
            folder = translate.OPENER.lstrip("/")
            await put(client, id, "/", tar_of({folder: None}, mode=owned.root_mode, gid=owned.gid))
            return
    context = pod.spec.security_context
    if context and context.fs_group is not None and not _is_read_only(volume):
        policy = context.fs_group_change_policy or "Always"
        await regroup(client, name, context.fs_group, policy=policy, image=image)


async def _refuse(client: Client, pod: Pod, name: str, claim: PersistentVolumeClaim) -> None:
    """https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"""
    query: Query = {"all": True, "filters": {"volume": [name]}}
    users = await client.json("GET", "/containers/json", query=query)
    others = {c["Labels"].get(naming.POD, "of somebody else") for c in users} - {pod.name}
    if others:
        raise Conflict(
            f"claim '{claim.metadata.name}' is for one pod alone (ReadWriteOncePod), and pod '{min(others)}' has it",
            subject=claim.metadata.name,
        )


def _is_read_only(volume: Volume) -> bool:
    return bool(volume.persistent_volume_claim and volume.persistent_volume_claim.read_only)


async def _is_new(client: Client, id: str) -> bool:
    head = b""
    query = {"path": translate.OPENER}
    async with client.request("GET", f"/containers/{id}/archive", query=query) as response:
        async for chunk in response.chunks():
            head += chunk
            if len(head) >= _HEAD_BYTES:
                break
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r:") as tar:
            root, first = tar.next(), tar.next()
    except tarfile.ReadError:
        return False
    return root is not None and first is None and root.uid == 0 and root.mode & 0o7777 == _AS_MADE
