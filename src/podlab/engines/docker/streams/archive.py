"""Files of a container, as tar archives; the container need not run."""

from __future__ import annotations

import base64
import json
import posixpath
import stat as unix
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from podlab.engines.base import FileStat
from podlab.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from podlab.engines.docker.api.client import Client

_GO_TYPES = {
    1 << 31: unix.S_IFDIR, 1 << 27: unix.S_IFLNK, 1 << 25: unix.S_IFIFO, 1 << 24: unix.S_IFSOCK,
    1 << 26 | 1 << 21: unix.S_IFCHR, 1 << 26: unix.S_IFBLK,
}  # fmt: skip
"""https://pkg.go.dev/io/fs#FileMode"""
_GO_BITS = {1 << 23: unix.S_ISUID, 1 << 22: unix.S_ISGID, 1 << 20: unix.S_ISVTX}


async def read_archive(client: Client, container_id: str, path: str) -> AsyncIterator[bytes]:
    """A tar of the file or folder, its names beginning with the path's last part. Links are not followed."""
    try:
        async with client.request("GET", _path(container_id), query={"path": path}) as response:
            async for chunk in response.chunks():
                yield chunk
    except NotFound as error:
        raise _no_such_path(path) from error


async def write_archive(client: Client, container_id: str, path: str, tar: AsyncIterable[bytes]) -> None:
    """Unpack into an existing folder. A file never replaces a folder, nor the other way round."""
    query: dict[str, str | int | bool] = {"path": path, "noOverwriteDirNonDir": True}
    if (await client.known_features()).archive_makes_folders:
        await stat(client, container_id, path)
    try:
        async with client.request("PUT", _path(container_id), query=query, upload=tar):
            pass
    except NotFound as error:
        raise _no_such_path(path) from error


async def stat(client: Client, container_id: str, path: str) -> FileStat:
    """`mode` has the type, too, as in `os.stat`. Of a link, `link_target` is absolute in the container."""
    try:
        async with client.request("HEAD", _path(container_id), query={"path": path}) as response:
            found = json.loads(base64.b64decode(response.headers["x-docker-container-path-stat"]))
    except NotFound as error:
        raise _no_such_path(path) from error
    mode = _mode(found["mode"])
    return FileStat(
        name=posixpath.basename(path.rstrip("/")) or found["name"],  # Podman's is that of a link's target
        size_bytes=found["size"],
        mode=mode,
        modified_at=_time(found["mtime"]),
        link_target=found.get("linkTarget", "") if unix.S_ISLNK(mode) else "",
        is_dir=unix.S_ISDIR(mode),
    )


def _path(container_id: str) -> str:
    return f"/containers/{container_id}/archive"


def _no_such_path(path: str) -> NotFound:
    return NotFound(f"no such file or folder in the container: {path}", subject=path)


def _mode(go: int) -> int:
    kind = next((unix_type for bits, unix_type in _GO_TYPES.items() if go & bits == bits), unix.S_IFREG)
    return kind | sum(bit for go_bit, bit in _GO_BITS.items() if go & go_bit) | go & 0o777


def _time(text: Any) -> datetime:
    """Go prints nanoseconds; Python reads microseconds, from 3.11 on of any number of digits."""
    return datetime.fromisoformat(str(text)).astimezone(UTC)
