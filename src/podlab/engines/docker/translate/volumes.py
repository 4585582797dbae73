"""Volumes as the engine has them."""

from __future__ import annotations

from typing import Final

from podlab import naming, quantity
from podlab.engines.docker.translate.labels import Body
from podlab.engines.docker.translate.security import group_of_volumes
from podlab.model import PersistentVolumeClaim, Pod, Volume
from podlab.objects.files import has_content

HELD_AT: Final = "/podlab/volumes"
"""Where the infra container has the pod's volumes in memory: as long as it runs, they keep what is in them."""
OPENER: Final = "/v"
"""Where a container has a volume that podlab writes into."""


def is_in_memory(volume: Volume) -> bool:
    """A tmpfs: what it holds never reaches a disk, and is gone with the pod's namespaces."""
    return has_content(volume) or (volume.empty_dir is not None and volume.empty_dir.medium == "Memory")


def is_scratch(volume: Volume) -> bool:
    """Begins empty on the engine's disk, for every user to write into."""
    return not is_in_memory(volume) and (volume.empty_dir is not None or volume.ephemeral is not None)


def volume_mount(pod: Pod, volume: Volume, path: str) -> Body:
    """A volume is as it is: what the image has at the path is not copied into it."""
    return {
        "Type": "volume",
        "Source": source(pod, volume),
        "Target": path,
        "VolumeOptions": {"NoCopy": True},
    }


def source(pod: Pod, volume: Volume) -> str:
    """The engine's name of it."""
    claim = volume.persistent_volume_claim
    return naming.claim_volume(claim.claim_name) if claim else naming.volume(pod.name, volume.name)


def own_volumes(pod: Pod) -> dict[str, Volume]:
    """The volumes that come and go with the pod, by their engine name."""
    return {
        naming.volume(pod.name, v.name): v
        for v in pod.spec.volumes
        if v.host_path is None and v.persistent_volume_claim is None
    }


def claimed(pod: Pod) -> dict[str, str]:
    """The claims that the pod has: the engine's name of their data → the claim's name."""
    claims = (v.persistent_volume_claim for v in pod.spec.volumes)
    return {naming.claim_volume(c.claim_name): c.claim_name for c in claims if c}


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
    elif volume.nfs:
        # https://docs.docker.com/engine/storage/volumes/#create-a-service-which-creates-an-nfs-volume
        access = "ro" if volume.nfs.read_only else "rw"
        options = {"type": "nfs", "o": f"addr={volume.nfs.server},{access}", "device": f":{volume.nfs.path}"}
        body["DriverOpts"] = options
    return body


def claim(name: str, claim: PersistentVolumeClaim | None) -> Body:
    """The volume with a claim's data. What it asks for is the least; a limit is a bound, where the engine can."""
    limits = claim.spec.resources.limits if claim and claim.spec.resources else {}
    body: Body = {
        "Name": naming.claim_volume(name),
        "Labels": {
            naming.ROLE: "claim", naming.VERSION: naming.LABEL_SCHEME,
            naming.OBJECT: f"PersistentVolumeClaim/{name}",
        },
    }  # fmt: skip
    if "storage" in limits:
        body["DriverOpts"] = {"size": str(quantity.whole(limits["storage"]))}
    return body


def opener(pod: Pod, volume: str, image: str) -> Body:
    """A container that is never started: through it the engine unpacks into the volume at `OPENER`."""
    mount = {"Type": "volume", "Source": volume, "Target": OPENER, "VolumeOptions": {"NoCopy": True}}
    return opener_of(pod, mount, image)


def opener_of(pod: Pod, mount: Body | None, image: str) -> Body:
    return {
        "Image": image,
        "Cmd": ["true"],
        "Labels": {naming.POD: pod.name, naming.ROLE: "opener", naming.VERSION: naming.LABEL_SCHEME},
        "HostConfig": {"NetworkMode": "none", "Mounts": [mount] if mount else []},
    }
