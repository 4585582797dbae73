"""A container that is never started, through which the engine reads and writes a volume or a path of its machine."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.streams import stat, write_archive
from podlab.errors import NotFound

if TYPE_CHECKING:
    from podlab.engines.base import FileStat
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.translate import Body

_EMPTY: Final = b""


@asynccontextmanager
async def opened(client: Client, body: Body) -> AsyncIterator[str]:
    """Its id. It is gone afterwards, whatever happens."""
    id = str((await client.json("POST", "/containers/create", body=body))["Id"])
    try:
        yield id
    finally:
        await remove_container(client, id)


async def look(client: Client, id: str, path: str) -> FileStat | None:
    try:
        return await stat(client, id, path)
    except NotFound:
        return None


async def put(client: Client, id: str, path: str, tar: bytes) -> None:
    async def upload() -> AsyncIterator[bytes]:
        yield tar

    await write_archive(client, id, path, upload())


async def make_folders(client: Client, id: str, root: str, path: str, *, mode: int, gid: int) -> None:
    """Those of `path` below `root` that are not there; the others stay as they are."""
    above, parts = root, path.split("/")
    while parts and await look(client, id, posixpath.join(above, parts[0])):
        above = posixpath.join(above, parts.pop(0))
    if parts:
        names = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        await put(client, id, above, tar_of(dict.fromkeys(names), mode=mode, gid=gid))


def tar_of(entries: dict[str, bytes | None], *, mode: int, gid: int = 0) -> bytes:
    """Files by name, and folders, which have None."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            info.mode, info.gid, info.size = mode, gid, len(data or _EMPTY)
            tar.addfile(info, io.BytesIO(data or _EMPTY))
    return buffer.getvalue()
