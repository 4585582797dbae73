"""A volume's files as a kubelet lays them out, so that a new version takes the place of the old one in one step.

    KEY -> ..data/KEY        what people read
    ..data -> ..2026_…       the one link that a new version moves
    ..2026_…/KEY             the files of one version

Who has the folder open during a change sees all of the old or all of the new.
https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import tarfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from podlab.objects.files import File
from podlab.objects.ownership import Ownership

DATA: Final = "..data"
NEXT: Final = "..data_tmp"
FOLDER: Final = "files"
"""In the volume. Containers mount this folder of it, so none can start before it is there."""


def version(files: Sequence[File], owned: Ownership) -> str:
    """Equal for equal files: what a folder's name ends in."""
    digest = hashlib.sha256(f"{owned.uid}:{owned.gid}:{owned.added:o}".encode())
    for file in files:
        digest.update(f"\0{file.path}\0{file.mode:o}\0{len(file.data)}\0".encode() + file.data)
    return digest.hexdigest()[:16]


def folder_name(files: Sequence[File], owned: Ownership, now: datetime) -> str:
    return f"..{now:%Y_%m_%d_%H_%M_%S}.{version(files, owned)}"


def pack(
    files: Sequence[File], owned: Ownership, folder: str, now: datetime, *, prefix: str, first: bool
) -> bytes:
    """A tar to unpack into the volume, everything below `prefix` (empty, or `FOLDER`). `first`: nobody reads yet, so
    all links are put at once; else only `..data_tmp` is, to be moved over `..data`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:

        def add(name: str, kind: bytes, mode: int, *, data: bytes = b"", link: str = "") -> None:
            info = tarfile.TarInfo(posixpath.join(prefix, name) if name else prefix or ".")
            info.type, info.mode, info.uid, info.gid = kind, mode, owned.uid, owned.gid
            info.size, info.linkname, info.mtime = len(data), link, int(now.timestamp())
            tar.addfile(info, io.BytesIO(data))

        if first and prefix:
            add("", tarfile.DIRTYPE, owned.root_mode)
        add(folder, tarfile.DIRTYPE, owned.folder_mode)
        for inner in _folders(file.path for file in files):
            add(posixpath.join(folder, inner), tarfile.DIRTYPE, owned.folder_mode)
        for file in files:
            name = posixpath.join(folder, file.path)
            add(name, tarfile.REGTYPE, owned.file_mode(file.mode), data=file.data)
        add(DATA if first else NEXT, tarfile.SYMTYPE, 0o777, link=folder)
        for top in tops(files) if first else ():
            add(top, tarfile.SYMTYPE, 0o777, link=posixpath.join(DATA, top))
    return buffer.getvalue()


def tops(files: Iterable[File]) -> list[str]:
    """The first part of every path: the links that people see."""
    return sorted({file.path.split("/")[0] for file in files})


def _folders(paths: Iterable[str]) -> list[str]:
    found: set[str] = set()
    for path in paths:
        while path := posixpath.dirname(path):
            found.add(path)
    return sorted(found)
