"""Files of the fake engine's containers, as tar archives."""

from __future__ import annotations

import io
import posixpath
import stat as unix
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podlab.engines.base import FileStat
from podlab.errors import NotFound
from podlab.testing.fake.world import FakeFile

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping


def stat(files: Mapping[str, FakeFile | None], path: str) -> FileStat:
    path = _existing(files, path)
    found = files[path]
    return FileStat(
        name=posixpath.basename(path),
        size_bytes=0 if found is None else len(found.data),
        mode=unix.S_IFDIR | 0o755 if found is None else unix.S_IFREG | found.mode,
        modified_at=datetime(2026, 1, 1, tzinfo=UTC) if found is None else found.modified_at,
        is_dir=found is None,
    )


def pack(files: Mapping[str, FakeFile | None], path: str) -> bytes:
    path = _existing(files, path)
    above = posixpath.dirname(path)
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for each, content in sorted(files.items()):
            if each != path and not each.startswith(path.rstrip("/") + "/"):
                continue
            info = tarfile.TarInfo(posixpath.relpath(each, above))
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            else:
                info.size, info.mode = len(content.data), content.mode
                info.mtime = content.modified_at.timestamp()
                tar.addfile(info, io.BytesIO(content.data))
    return target.getvalue()


def unpack(files: MutableMapping[str, FakeFile | None], folder: str, data: bytes) -> None:
    folder = _existing(files, folder)
    if files[folder] is not None:
        raise NotFound(f"{folder} is no folder", subject=folder)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for info in tar:
            path = posixpath.normpath(posixpath.join(folder, info.name))
            content = tar.extractfile(info)
            modified = datetime.fromtimestamp(info.mtime, UTC)
            files[path] = FakeFile(content.read(), info.mode, modified) if content else None


def _existing(files: Mapping[str, FakeFile | None], path: str) -> str:
    path = posixpath.normpath(path)
    if path not in files:
        raise NotFound(f"no file {path}", subject=path)
    return path
