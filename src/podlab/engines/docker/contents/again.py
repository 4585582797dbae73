"""What the containers of a pod find again when they are started as they are, after their infra was down."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.contents import folders
from podlab.engines.docker.contents.around import load
from podlab.engines.docker.contents.fill import fill
from podlab.objects.files import has_content
from podlab.objects.references import of_volume

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.found import FoundPod
    from podlab.model import Pod


def shows_address(found: FoundPod) -> bool:
    """Whether the environment of a container has the address that the pod had then."""
    return any(naming.ADDRESS in member.labels for member in found.members.values())


async def furnish(client: Client, pod: Pod, image: str) -> None:
    """Fill what is in memory, now that the infra is up. `NotFound` for an object that is gone."""
    mounts = {m.name: m for c in pod.members for m in c.volume_mounts}
    in_memory = [v for v in pod.spec.volumes if v.name in mounts and translate.is_in_memory(v)]
    filled = [v for v in in_memory if has_content(v)]
    around = await load(client, pod, [each for v in filled for each in of_volume(v)])
    async with asyncio.TaskGroup() as group:
        for volume in filled:
            group.create_task(fill(client, pod, volume, around))
        for volume in in_memory:
            if not has_content(volume):
                group.create_task(folders.make(client, pod, translate.source(pod, volume), around, image))
