"""Where a container has the pod's volumes.

https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerCreate
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from podlab.engines.docker.translate.labels import Body
from podlab.engines.docker.translate.volumes import source, volume_mount
from podlab.errors import Invalid, Unsupported
from podlab.model import Container, Pod, Volume, VolumeMount
from podlab.objects import Surroundings
from podlab.objects.environment import unset
from podlab.objects.files import has_content
from podlab.objects.tree import FOLDER

_PROPAGATION: Final = {
    None: "rprivate",
    "None": "rprivate",
    "HostToContainer": "rslave",
    "Bidirectional": "rshared",
}
"""https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation"""
_MADE_BY_ENGINE: Final = (None, "", "DirectoryOrCreate")
"""The types of a hostPath whose folder the engine makes where there is none."""


def mounts(pod: Pod, container: Container, env: Mapping[str, str], around: Surroundings) -> Iterable[Body]:
    """`env`: the container's own, for `subPathExpr`."""
    volumes = {v.name: v for v in pod.spec.volumes}
    for mount in container.volume_mounts:
        volume = volumes[mount.name]
        inner = sub_path(container, mount, env)
        body = _bind(volume, mount, inner) if volume.host_path else _named(pod, volume, mount, inner, around)
        yield body | ({"ReadOnly": True} if is_read_only(volume, mount) else {})


def sub_path(container: Container, mount: VolumeMount, env: Mapping[str, str]) -> str:
    """Below the volume's root; empty for the root. `Invalid` where `subPathExpr` leads elsewhere.

    https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment
    """
    if mount.sub_path_expr is None:
        return _normal(mount.sub_path or "")
    place = f"container '{container.name}', subPathExpr '{mount.sub_path_expr}'"
    path, names = unset(mount.sub_path_expr, env)
    if names:
        raise Invalid(f"{place}: there is no variable {', '.join(names)}", subject=container.name)
    if path.startswith("/") or ".." in path.split("/"):
        raise Invalid(f"{place} leads out of the volume: '{path}'", subject=container.name)
    return _normal(path)


def _normal(path: str) -> str:
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal


def sub_paths(pod: Pod, container: Container, env: Mapping[str, str], volume: str) -> Iterator[str]:
    """The folders of a volume (its engine name) that the container mounts."""
    volumes = {v.name: v for v in pod.spec.volumes}
    for mount in container.volume_mounts:
        if source(pod, volumes[mount.name]) == volume and (inner := sub_path(container, mount, env)):
            yield inner


def is_read_only(volume: Volume, mount: VolumeMount) -> bool:
    """Also where a volume is for reading, whatever its mount says: what podlab writes, and images."""
    claim, nfs = volume.persistent_volume_claim, volume.nfs
    return bool(
        mount.read_only
        or has_content(volume)
        or volume.image
        or (claim and claim.read_only)
        or (nfs and nfs.read_only)
    )


def _bind(volume: Volume, mount: VolumeMount, inner: str) -> Body:
    assert volume.host_path is not None  # noqa: S101 - asked before
    options: Body = {"Propagation": _PROPAGATION[mount.mount_propagation]}
    # The folder of a subPath is made in every case, as under Kubernetes; what has a type is seen to before.
    if volume.host_path.type in _MADE_BY_ENGINE or inner:
        options["CreateMountpoint"] = True
    if mount.recursive_read_only == "Enabled":
        options["ReadOnlyForceRecursive"] = True
    elif mount.recursive_read_only == "Disabled" and mount.read_only:
        options["ReadOnlyNonRecursive"] = True
    path = posixpath.join(volume.host_path.path, inner) if inner else volume.host_path.path
    return {"Type": "bind", "Source": path, "Target": mount.mount_path, "BindOptions": options}


def _named(pod: Pod, volume: Volume, mount: VolumeMount, inner: str, around: Surroundings) -> Body:
    if mount.mount_propagation not in (None, "None"):
        raise Unsupported(
            f"volume '{volume.name}' cannot have mountPropagation: {mount.mount_propagation}: on a Docker Engine only "
            "a hostPath can",
            subject=volume.name,
        )
    body = volume_mount(pod, volume, mount.mount_path)
    if inner and not around.has_subpaths:
        raise Unsupported(
            f"this engine cannot mount '{inner}' of volume '{volume.name}' (subPath)",
            subject=volume.name,
            hint="Docker Engine 26 and later can",
        )
    # Before it is filled there is no such folder, so no container starts on an empty volume, whoever starts it.
    folder = FOLDER if has_content(volume) and around.has_subpaths else ""
    if path := "/".join(filter(None, (folder, inner))):
        body["VolumeOptions"]["Subpath"] = path
    return body
