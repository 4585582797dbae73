"""The folders of volumes that containers mount by `subPath`: a kubelet makes them where there are none.

https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from podlab import naming
from podlab.engines.docker import translate
from podlab.engines.docker.contents.around import for_container
from podlab.engines.docker.contents.opener import make_folders, opened
from podlab.errors import Invalid
from podlab.objects.environment import environment
from podlab.objects.ownership import ownership

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Pod
    from podlab.objects import Surroundings


async def make(client: Client, pod: Pod, name: str, around: Surroundings, image: str) -> None:
    """`name`: the volume's on the engine."""
    volume = next(v for v in pod.spec.volumes if not v.host_path and translate.source(pod, v) == name)
    wanted = await _wanted(client, pod, name, around)
    owned = ownership(pod, volume)
    if not wanted:
        return
    if translate.is_in_memory(volume):
        infra, root = naming.container(pod.name, naming.INFRA), f"{translate.HELD_AT}/{volume.name}"
        for path in wanted:
            await make_folders(client, infra, root, path, mode=owned.root_mode, gid=owned.gid)
        return
    async with opened(client, translate.opener(pod, name, image)) as id:
        for path in wanted:
            await make_folders(client, id, translate.OPENER, path, mode=owned.root_mode, gid=owned.gid)


async def _wanted(client: Client, pod: Pod, name: str, around: Surroundings) -> list[str]:
    """Without those of a container whose variables are not to be had: it is not made now."""
    found: dict[str, None] = {}
    for container in pod.members:
        env: dict[str, str] = {}
        if any(mount.sub_path_expr for mount in container.volume_mounts):
            known = dataclasses.replace(around, is_strict=False)
            env = environment(pod, container, await for_container(client, pod, container, known))
        try:
            found |= dict.fromkeys(translate.sub_paths(pod, container, env, name))
        except Invalid:
            continue
    return list(found)
