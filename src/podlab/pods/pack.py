"""Files of this machine as a tar that is made while it is sent."""

# Pathlib drops what os.path keeps, and is slow on many files.
# ruff: noqa: PTH112, PTH114, PTH118, PTH123

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from typing import TYPE_CHECKING

from podlab.errors import Conflict, Denied, NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_CHUNK_BYTES = 1 << 18


async def pack(source: str, name: str, *, follow: bool = False) -> AsyncIterator[bytes]:
    """A tar of a file or folder in which `source` itself is called `name`; with an empty `name`, of what is
    in the folder. Modes and times are kept, all belongs to root, links are links. Sockets are left out.

    `follow`: where `source` itself is a link, what it points to. Nothing is held in memory but a chunk.
    """
    try:
        # Only asked for headers: it knows types, hard links and device numbers.
        with tarfile.open(fileobj=io.BytesIO(), mode="w|") as tar:
            for path, inside in _walk(os.path.realpath(source) if follow else source, name):
                info = tar.gettarinfo(path, inside)
                if info is None:
                    continue
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
                if info.isreg():
                    async for chunk in _content(path, info.size):
                        yield chunk
    except PermissionError as error:
        where = str(error.filename)
        raise Denied(f"cannot read {where}: permission denied", subject=where) from error
    except FileNotFoundError as error:
        raise NotFound(f"no such file or folder: {error.filename}", subject=str(error.filename)) from error
    yield bytes(2 * tarfile.BLOCKSIZE)


def _walk(source: str, name: str) -> Iterator[tuple[str, str]]:
    """Each path with its name in the archive, a folder before what is in it."""
    if name:
        yield source, name
    if os.path.islink(source) or not os.path.isdir(source):
        return
    for folder, subfolders, files in os.walk(source, onerror=_raise):
        subfolders.sort()
        inside = os.path.normpath(os.path.join(name, os.path.relpath(folder, source)))
        for each in sorted([*subfolders, *files]):
            yield os.path.join(folder, each), os.path.normpath(os.path.join(inside, each))


def _raise(error: OSError) -> None:
    raise error


async def _content(path: str, size: int) -> AsyncIterator[bytes]:
    left = size
    with open(path, "rb") as file:  # noqa: ASYNC230 - a local read is over before a thread has started
        while left:
            chunk = file.read(min(_CHUNK_BYTES, left))
            if not chunk:
                raise Conflict(f"{path} became shorter while it was copied", subject=path)
            left -= len(chunk)
            yield chunk
            await asyncio.sleep(0)
    yield bytes(-size % tarfile.BLOCKSIZE)
