"""Files of a container, as tar archives: by its own `sh`, `tar` and `stat`, as `kubectl cp` does it.

The API has nothing for files, so the container has to run, and what it may not read stays unread.
https://kubernetes.io/docs/reference/kubectl/generated/kubectl_cp/
"""

from __future__ import annotations

import asyncio
import posixpath
import stat as unix
import tarfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from podlab.engines.base import ExecOptions, FileStat
from podlab.engines.kubernetes.streams.errand import shell
from podlab.engines.kubernetes.streams.exec import exec_process
from podlab.engines.kubernetes.streams.opening import Place
from podlab.errors import Denied, NotFound, PodlabError, Unsupported

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from podlab.engines.kubernetes.client import Client

_NO_SUCH_PATH: Final = 41
_NO_PROGRAM: Final = 42
_PIECE_BYTES = 1 << 18
_SAID_BYTES = 1 << 12

_STAT = f"""
[ -e "$1" ] || [ -L "$1" ] || exit {_NO_SUCH_PATH}
command -v stat >/dev/null || exit {_NO_PROGRAM}
stat -c '%f %s %Y' -- "$1" || exit 1
[ ! -L "$1" ] || readlink -- "$1"
"""
_READ = f"""
[ -e "$2" ] || [ -L "$2" ] || exit {_NO_SUCH_PATH}
command -v tar >/dev/null || exit {_NO_PROGRAM}
cd -- "$1" && exec tar cf - -- "$3"
"""
_CAT = 'exec cat -- "$1"'
_WRITE = f"""
[ -d "$1" ] || exit {_NO_SUCH_PATH}
command -v tar >/dev/null || exit {_NO_PROGRAM}
cd -- "$1" && exec tar xpf -
"""


async def stat(client: Client, pod: str, container: str, path: str) -> FileStat:
    """`mode` has the type, too, as in `os.stat`. Of a link, `link_target` is absolute in the container. `Conflict`
    where the container does not run."""
    place = Place(client, pod, container)
    done = await shell(place, _STAT, path)
    if done.code:
        raise _refusal(place, done.code, done.errors, path, "stat")
    numbers, _, target = done.out.decode(errors="surrogateescape").partition("\n")
    mode, size, modified = numbers.split()
    target = target.removesuffix("\n")
    is_link = unix.S_ISLNK(int(mode, 16))
    return FileStat(
        name=posixpath.basename(path.rstrip("/")) or "/",
        size_bytes=int(size),
        mode=int(mode, 16),
        modified_at=datetime.fromtimestamp(int(modified), UTC),
        link_target=posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if is_link else "",
        is_dir=unix.S_ISDIR(int(mode, 16)),
    )


async def read_archive(client: Client, pod: str, container: str, path: str) -> AsyncIterator[bytes]:
    """A tar of the file or folder, its names beginning with the path's last part. Links are not followed. Without `tar`
    in the container only single files can be had."""
    place = Place(client, pod, container)
    whole = posixpath.normpath(posixpath.join("/", path))
    folder, name = posixpath.split(whole)
    try:
        async for piece in _output(place, ["sh", "-c", _READ, "sh", folder, whole, name or "."], whole):
            yield piece
    except _NoProgram as error:
        found = await stat(client, pod, container, whole)
        if not unix.S_ISREG(found.mode):
            raise error.told from error
        async for piece in _tar_of_one(place, found, whole):
            yield piece


async def write_archive(
    client: Client, pod: str, container: str, path: str, tar: AsyncIterable[bytes]
) -> None:
    """Unpack into an existing folder, by the container's `tar`."""
    place = Place(client, pod, container)
    command = ["sh", "-c", _WRITE, "sh", path]
    process = await exec_process(client, pod, container, command, ExecOptions(stdin=True))
    said = bytearray()

    async def listen() -> None:
        while piece := await process.read():
            if len(said) < _SAID_BYTES:
                said.extend(piece[1])

    async with process:
        listening = asyncio.ensure_future(listen())
        try:
            gathered = bytearray()
            async for piece in tar:
                gathered += piece
                if len(gathered) >= _PIECE_BYTES:  # each part of an input costs the container a process
                    await process.write(bytes(gathered))
                    gathered.clear()
                if listening.done():
                    break
            if gathered:
                await process.write(bytes(gathered))
            with suppress(Unsupported):  # an archive tells its end by itself
                await process.write_eof()
            await listening
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, PodlabError):
                await listening
        if code := await process.wait():
            raise _refusal(place, code, bytes(said), path, "tar")


class _NoProgram(Exception):
    def __init__(self, told: PodlabError) -> None:
        super().__init__(told.message)
        self.told = told


async def _output(place: Place, command: list[str], path: str) -> AsyncIterator[bytes]:
    said = b""
    async with await exec_process(
        place.client, place.pod, place.container, command, ExecOptions()
    ) as process:
        while piece := await process.read():
            if piece[0] == 1:
                yield piece[1]
            elif len(said) < _SAID_BYTES:
                said += piece[1]
        if code := await process.wait():
            refusal = _refusal(place, code, said, path, "tar")
            raise _NoProgram(refusal) if code == _NO_PROGRAM else refusal


async def _tar_of_one(place: Place, found: FileStat, path: str) -> AsyncIterator[bytes]:
    """Of a file that does not change meanwhile; one that does is cut, or padded with zeros, to the size it had."""
    info = tarfile.TarInfo(found.name)
    info.size, info.mode, info.mtime = (
        found.size_bytes,
        unix.S_IMODE(found.mode),
        int(found.modified_at.timestamp()),
    )
    yield info.tobuf(tarfile.GNU_FORMAT)
    missing = found.size_bytes
    async for piece in _output(place, ["sh", "-c", _CAT, "sh", path], path):
        yield piece[:missing]
        missing -= len(piece[:missing])
    yield bytes(missing + -found.size_bytes % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


def _refusal(place: Place, code: int, said: bytes, path: str, program: str) -> PodlabError:
    if code == _NO_SUCH_PATH:
        return NotFound(f"no such file or folder in the container: {path}", subject=path)
    where = f"container '{place.container}' of pod '{place.pod}'"
    if code in (_NO_PROGRAM, 127):
        return Unsupported(
            f"{where} has no `sh` and `{program}`, by which Kubernetes' files are reached",
            subject=place.container,
            hint="take an image that has them, or a volume that another container shares",
        )
    text = said.decode(errors="replace").strip() or f"exit code {code}"
    kind = Denied if "ermission denied" in text else PodlabError
    return kind(f"`{program}` in {where} failed with {path}: {text}", subject=path)
