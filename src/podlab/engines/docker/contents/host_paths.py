"""Paths of the engine's machine that are to be of a certain type, asked through the engine: it may be far away.

https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types
"""

from __future__ import annotations

import posixpath
import stat as unix
from typing import TYPE_CHECKING, Final

from podlab.engines.docker import translate
from podlab.engines.docker.contents.opener import look, opened, put, tar_of
from podlab.errors import Invalid, NotFound, PodlabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.base import FileStat
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.translate import Body
    from podlab.model import Pod

_IS: Final[dict[str, Callable[[int], bool]]] = {
    "Directory": unix.S_ISDIR, "DirectoryOrCreate": unix.S_ISDIR, "File": unix.S_ISREG, "FileOrCreate": unix.S_ISREG,
    "Socket": unix.S_ISSOCK, "CharDevice": unix.S_ISCHR, "BlockDevice": unix.S_ISBLK,
}  # fmt: skip
_FILE_MODE: Final = 0o644


async def see_to(client: Client, pod: Pod, name: str, image: str) -> None:
    """`name`: the pod's of the volume. What may be made and is missing is made, folders by the engine itself when the
    container is created; `Invalid` where something else is there, or nothing."""
    volume = next(v for v in pod.spec.volumes if v.name == name)
    assert volume.host_path is not None  # noqa: S101 - the plan names hostPaths
    path, kind = posixpath.normpath(volume.host_path.path), volume.host_path.type or ""
    what = f"volume '{name}' of pod '{pod.name}'"
    found = await _look(client, pod, path, image)
    if found is None and kind == "FileOrCreate":
        await _make(client, pod, path, image)
    elif found is None and kind != "DirectoryOrCreate":
        raise Invalid(f"{what}: there is no {path} on the engine's machine", subject=path)
    elif found is not None and not _IS[kind](found.mode):
        wanted = kind.removesuffix("OrCreate")
        raise Invalid(f"{what}: {path} on the engine's machine is no {wanted}", subject=path)


async def _look(client: Client, pod: Pod, path: str, image: str) -> FileStat | None:
    if client.features.makes_what_is_bound:
        async with opened(client, translate.opener_of(pod, _bind("/"), image)) as id:
            return await look(client, id, f"{translate.OPENER}{path}")
    try:
        async with opened(client, translate.opener_of(pod, _bind(path), image)) as id:
            return await look(client, id, translate.OPENER)
    except PodlabError as error:
        if "does not exist" in error.message:
            return None
        raise


async def _make(client: Client, pod: Pod, path: str, image: str) -> None:
    folder, name = posixpath.split(path)
    try:
        async with opened(client, translate.opener_of(pod, _bind(folder), image)) as id:
            await put(client, id, translate.OPENER, tar_of({name: b""}, mode=_FILE_MODE))
    except (Invalid, NotFound) as error:
        raise Invalid(f"cannot make {path} on the engine's machine: {error.message}", subject=path) from error


def _bind(path: str) -> Body:
    return {"Type": "bind", "Source": path, "Target": translate.OPENER}
