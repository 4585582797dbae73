"""A pod under another name.

Engines know containers and volumes by labels that cannot be changed, and a pod's name is its name on the network. So
the pod is made anew, and what its emptyDir volumes hold is copied over.
"""

from __future__ import annotations

import asyncio
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podlab import naming
from podlab.errors import AlreadyExists, Conflict
from podlab.manifest import check_pod
from podlab.pods.edits import renamed
from podlab.status import State

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import Pod


@dataclass(frozen=True, slots=True)
class Mounted:
    """Where a container of the pod may read and write a volume."""

    volume: str
    container: str
    path: str


def kept_volumes(pod: Pod) -> list[Mounted]:
    """The emptyDirs on disk, each with a place by which all of it is reached. One that nobody may write is empty."""
    on_disk = {v.name for v in pod.spec.volumes if v.empty_dir is not None and v.empty_dir.medium != "Memory"}
    found: dict[tuple[str, str], Mounted] = {}
    for container in pod.members:
        for mount in container.volume_mounts:
            part = mount.sub_path or mount.sub_path_expr or ""
            if mount.name in on_disk and not mount.read_only:
                found.setdefault((mount.name, part), Mounted(mount.name, container.name, mount.mount_path))
    whole = {volume for volume, part in found if not part}
    return [each for (volume, part), each in found.items() if not part or volume not in whole]


def lost_volumes(pod: Pod) -> list[str]:
    """The emptyDirs in memory: they end with the pod's containers."""
    return [v.name for v in pod.spec.volumes if v.empty_dir is not None and v.empty_dir.medium == "Memory"]


async def rename(engine: Engine, old: str, new: str) -> None:
    """Stop the pod, make it anew under the other name with what its volumes held, start it where it ran, and remove
    the old one. On failure the old one goes on. `AlreadyExists` where there is a pod of the new name, `Conflict` for a
    pod that a workload owns."""
    pod = await engine.spec(old)
    wanted = renamed(pod, new)
    check_pod(wanted)
    there = {each.name: each for each in await engine.list()}
    if new in there:
        raise AlreadyExists(f"there is a pod '{new}' already", subject=new, hint="choose another name")
    if owner := there[old].labels.get(naming.OWNER_KIND):
        raise Conflict(
            f"pod '{old}' belongs to a {owner}, which would make another one",
            subject=old,
            hint="`podlab clone` makes a pod of its own",
        )
    was_running = any(each.state in (State.RUNNING, State.PAUSED) for each in there[old].containers)
    await engine.stop(old)
    try:
        await engine.apply(wanted, hold=[each.name for each in wanted.members])
        for place in kept_volumes(pod):
            await _copy(engine, place, old, new)
        if was_running:
            await engine.apply(wanted)
        else:
            await engine.stop(new)
    except BaseException:
        await asyncio.shield(_undo(engine, old, new, was_running=was_running))
        raise
    await engine.delete(old, grace_s=0)


async def _undo(engine: Engine, old: str, new: str, *, was_running: bool) -> None:
    await engine.delete(new, grace_s=0)
    if was_running:
        await engine.start(old)


async def _copy(engine: Engine, place: Mounted, old: str, new: str) -> None:
    """The archive of a folder has the folder itself, so it goes into the one above."""
    tar = engine.read_archive(old, place.container, place.path)
    above = posixpath.dirname(posixpath.normpath(place.path))
    await engine.write_archive(new, place.container, above, tar)
