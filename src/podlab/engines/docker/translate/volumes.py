"""Volumes, and where they are mounted."""

from __future__ import annotations

from collections.abc import Iterable

from podlab import naming, quantity
from podlab.engines.docker.translate.labels import Body
from podlab.engines.docker.translate.security import group_of_volumes
from podlab.model import Container, Pod, Volume


def is_in_memory(volume: Volume) -> bool:
    """An emptyDir that is a tmpfs."""
    return volume.empty_dir is not None and volume.empty_dir.medium == "Memory"


def mounts(pod: Pod, container: Container) -> Iterable[Body]:
    volumes = {v.name: v for v in pod.spec.volumes}
    for mount in container.volume_mounts:
        volume = volumes[mount.name]
        if volume.host_path is None:
            body = volume_mount(pod, volume, mount.mount_path)
        else:
            may_make = volume.host_path.type in (None, "", "DirectoryOrCreate")
            body = {
                "Type": "bind", "Source": volume.host_path.path, "Target": mount.mount_path,
                "BindOptions": {"Propagation": "rprivate"} | ({"CreateMountpoint": True} if may_make else {}),
            }  # fmt: skip
        yield body | ({"ReadOnly": True} if mount.read_only else {})


def volume_mount(pod: Pod, volume: Volume, path: str) -> Body:
    """An emptyDir begins empty: what the image has at the path is not copied into it."""
    return {
        "Type": "volume", "Source": naming.volume(pod.name, volume.name), "Target": path,
        "VolumeOptions": {"NoCopy": True},
    }  # fmt: skip


def empty_dirs(pod: Pod) -> dict[str, Volume]:
    """The pod's own volumes by their engine name."""
    return {naming.volume(pod.name, v.name): v for v in pod.spec.volumes if v.empty_dir is not None}


def volume(pod: Pod, volume: Volume) -> Body:
    body: Body = {
        "Name": naming.volume(pod.name, volume.name),
        "Labels": {naming.POD: pod.name, naming.ROLE: "volume", naming.VERSION: naming.LABEL_SCHEME},
    }
    limit = volume.empty_dir.size_limit if volume.empty_dir else None
    if is_in_memory(volume):
        size = "" if limit is None else f",size={quantity.whole(limit)}"
        group = group_of_volumes(pod)
        mode = "mode=1777" if group is None else f"mode=3777,gid={group}"
        body["DriverOpts"] = {"type": "tmpfs", "device": "tmpfs", "o": f"{mode}{size}"}
    elif limit is not None:
        body["DriverOpts"] = {"size": str(quantity.whole(limit))}
    return body


def opener(pod: Pod, volume: str, image: str) -> Body:
    """A container that is never started: through it the engine unpacks into the volume at `/v`."""
    return {
        "Image": image,
        "Cmd": ["true"],
        "Labels": {naming.POD: pod.name, naming.ROLE: "opener", naming.VERSION: naming.LABEL_SCHEME},
        "HostConfig": {
            "NetworkMode": "none",
            "Mounts": [
                {"Type": "volume", "Source": volume, "Target": "/v", "VolumeOptions": {"NoCopy": True}}
            ],
        },
    }
