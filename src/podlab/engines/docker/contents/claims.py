"""The data of a claim, when its first pod has it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Final

from podlab.engines.docker import translate
from podlab.engines.docker.contents.opener import opened, put, tar_of
from podlab.engines.docker.contents.regroup import regroup
from podlab.objects.ownership import ownership

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Pod, Volume

_HEAD_BYTES: Final = 16 * 512
"""Of a folder's tar: enough for the folder itself and for the name of what is first in it."""
_AS_MADE: Final = 0o755


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
