"""A tar from a container, unpacked while it comes in.

What is in a container is not trusted: nothing is ever written outside of the folder, nor through a link.
The standard library's filter would refuse absolute links, which every root file system has, and the Python
of Debian 12 has no filter: https://docs.python.org/3/library/tarfile.html#extraction-filters
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from podlab.errors import Conflict, Denied, Invalid, PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def unpack(tar: AsyncIterator[bytes], folder: Path, name: str) -> list[str]:
    """Unpack into an existing folder, the archive's first entry under another name; with an empty name, what
    is in it. Modes, times and links are kept, the owner is whoever runs us.

    The result names what was left out: devices, pipes, sockets. Files are replaced, folders are merged.
    """
    source = _Source(tar, asyncio.get_running_loop())
    thread = asyncio.ensure_future(asyncio.to_thread(_unpack, source, folder, name))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        source.stop()
        await asyncio.wait([thread])
        thread.exception()  # it was we who made it fail
        raise
    except tarfile.TarError as error:
        raise Unavailable(f"the archive from the container is broken: {error}") from error
    except PermissionError as error:
        where = str(error.filename)
        raise Denied(f"cannot write {where}: permission denied", subject=where) from error
    except OSError as error:
        raise PodlabError(
            f"cannot write {error.filename or folder}: {error.strerror}", subject=str(folder)
        ) from error


class _Source:
    """The archive as a file that a thread reads: chunks are asked for as they are needed."""

    def __init__(self, chunks: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._chunks = chunks
        self._loop = loop
        self._rest = b""
        self._is_stopped = False
        self._waiting: asyncio.Task[bytes] | None = None

    def read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            if not self._rest:
                self._rest = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
                if not self._rest:
                    break
            part, self._rest = self._rest[:missing], self._rest[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    async def _next(self) -> bytes:
        if self._is_stopped:
            raise tarfile.ReadError("stopped")
        self._waiting = asyncio.ensure_future(anext(self._chunks, b""))
        try:
            return await self._waiting
        except asyncio.CancelledError:
            raise tarfile.ReadError("stopped") from None

    def stop(self) -> None:
        self._is_stopped = True
        if self._waiting:
            self._waiting.cancel()


def _unpack(source: _Source, folder: Path, name: str) -> list[str]:
    root = folder.resolve()
    links: list[tuple[Path, str]] = []
    folders: list[tuple[Path, tarfile.TarInfo]] = []
    skipped = []
    base: PurePosixPath | None = None
    with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as tar:  # it only reads
        for member in tar:
            base = base or _clean(member.name)
            path = _place(root, name, base, member.name)
            if path == root:
                continue
            if member.isdir():
                _make_folder(path)
                folders.append((path, member))
            elif member.issym():
                links.append((path, member.linkname))
            elif member.islnk():
                target = _place(root, name, base, member.linkname)
                same = next((text for link, text in links if link == target), None)
                if same is None:
                    _clear(path)
                    os.link(target, path, follow_symlinks=False)
                else:
                    links.append((path, same))
            elif member.isreg():
                _clear(path)
                with open(path, "xb") as file:  # noqa: PTH123
                    content = tar.extractfile(member)
                    assert content  # noqa: S101 - it is a regular file
                    shutil.copyfileobj(content, file, 1 << 18)
                _set(path, member)
            else:
                skipped.append(member.name)
    # Last, so that no entry of the archive can be written through a link of the same archive.
    for path, text in links:
        _inside(root, path)
        _clear(path)
        path.symlink_to(text)
    for path, member in reversed(folders):
        _set(path, member)
    return skipped


def _clean(name: str) -> PurePosixPath:
    return PurePosixPath(name.strip("/"))


def _place(root: Path, name: str, base: PurePosixPath, member: str) -> Path:
    """Where an entry belongs. `Invalid` for what is not below the archive's first entry."""
    path = _clean(member)
    if ".." in path.parts or not path.is_relative_to(base):
        raise Invalid(
            f"refused: the archive has an entry outside of what was asked for: {member}", subject=member
        )
    return _inside(root, root / name / path.relative_to(base))


def _inside(root: Path, path: Path) -> Path:
    if path != root and path.parent.resolve() != path.parent:
        raise Invalid(
            f"refused: {path.parent} leads through a symbolic link",
            subject=str(path),
            hint="remove the link, or copy to another folder",
        )
    return path


def _make_folder(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise Conflict(f"cannot make folder {path}: a file of that name is there", subject=str(path))
    path.mkdir(0o700, exist_ok=True)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        raise Conflict(f"cannot write file {path}: a folder of that name is there", subject=str(path))
    path.unlink(missing_ok=True)


def _set(path: Path, member: tarfile.TarInfo) -> None:
    path.chmod(member.mode & 0o777)  # no set-uid programs from a container
    os.utime(path, (member.mtime, member.mtime))
