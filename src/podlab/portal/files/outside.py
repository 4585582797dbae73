"""Files by the engine's archive API alone, for containers without a shell.

The engine acts as root, and sees no tmpfs of a running container. Nothing can be renamed or removed, and a file that is
written replaces the old one while it comes in.
"""

from __future__ import annotations

import asyncio
import hashlib
import stat
import tarfile
import time
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, NoReturn

from podlab.errors import AlreadyExists, Conflict, Invalid, NotFound, Unsupported
from podlab.pods.copy import Place
from podlab.pods.tape import Tape, closing, one, zipped
from podlab.portal.files import limits, path
from podlab.portal.files.entry import ANY, NEW, Download, Entry, Expected, Kind, Listing, Opened, Upload, kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine, FileStat

_LIST_BYTES: Final = 256 << 20
_LIST_S: Final = 10.0
"""A folder's tar holds all that is in it, contents too: so far it is read for the names alone."""


class Outside:
    """The files of one container, with the methods of `Inside`."""

    def __init__(self, engine: Engine, pod: str, container: str) -> None:
        self._engine = engine
        self._pod = pod
        self._container = container

    async def list(self, folder: bytes | None) -> Listing:
        """As `Inside.list`, from the root without a folder. Incomplete also where reading all of it would take
        too long."""
        place, _ = await self._found(folder or b"/", Kind.FOLDER)
        where = path.checked(folder or b"/")
        entries: list[Entry] = []
        is_complete = False
        async with self._tape(place) as tape:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LIST_S):
                    is_complete = await _fill(entries, tape, where)
        return Listing(path=where, entries=tuple(entries), is_complete=is_complete, is_writable=True)

    async def read(self, file: bytes) -> Opened:
        place, found = await self._found(file)
        entry = Entry(
            path=file, mode=found.mode, size_bytes=found.size_bytes,
            modified_at=int(found.modified_at.timestamp()),
        )  # fmt: skip
        content = None
        if entry.kind is Kind.FILE and found.size_bytes <= limits.MAX_TEXT_BYTES:
            async with self._file(place) as (_, chunks):
                content = b"".join([chunk async for chunk in chunks])
        return Opened(entry=entry, content=content, is_writable=True)

    @asynccontextmanager
    async def download(self, file: bytes) -> AsyncIterator[Download]:
        place, found = await self._found(file)
        if found.is_dir:
            tar = self._engine.read_archive(self._pod, self._container, place.absolute)
            yield Download(name=path.name(file), kind="tar.gz", size_bytes=None, chunks=zipped(tar))
            return
        if kind(found.mode) is not Kind.FILE:
            raise Invalid(f"{path.shown(file)} is a device, a pipe or a socket, which has no content")
        async with self._file(place) as (entry, chunks):
            yield Download(name=path.name(file), kind="file", size_bytes=entry.size, chunks=chunks)

    async def write(self, file: bytes, upload: Upload, expected: Expected = ANY) -> str:
        """The owner is that of the file, else of its folder."""
        place, mode, owner = await self._target(file, expected)
        entry = tarfile.TarInfo(place.absolute.rpartition("/")[2])
        entry.size, entry.mode, entry.mtime = upload.size_bytes, mode, int(time.time())
        entry.uid, entry.gid = owner
        digest = hashlib.sha256()

        async def counted() -> AsyncIterator[bytes]:
            left = upload.size_bytes
            async for chunk in upload.chunks:
                left -= len(chunk)
                if left < 0:
                    break
                digest.update(chunk)
                yield chunk
            if left:
                raise Invalid(f"the content of {path.shown(file)} is not as long as was said")

        above = place.absolute.rpartition("/")[0] or "/"
        await self._engine.write_archive(self._pod, self._container, above, one(entry, counted()))
        return digest.hexdigest()

    async def make_folder(self, folder: bytes) -> None:
        with suppress(NotFound):
            await self._place(folder).stat()
            raise AlreadyExists(f"{path.shown(folder)} is there already", subject=path.shown(folder))
        above, _ = await self._found(path.parent(folder), Kind.FOLDER)
        entry = tarfile.TarInfo(path.surrogated(path.name(folder)))
        entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, int(time.time())
        entry.uid, entry.gid = await self._owner(above)
        await self._engine.write_archive(self._pod, self._container, above.absolute, one(entry, _nothing()))

    async def move(self, source: bytes, target: bytes) -> NoReturn:
        raise _unsupported(source)

    async def remove(self, file: bytes, *, whole: bool = False) -> NoReturn:
        raise _unsupported(file)

    # --- where a path leads

    def _place(self, file: bytes) -> Place:
        return Place(self._engine, self._pod, self._container, path.surrogated(file))

    async def _found(self, file: bytes, wanted: Kind | None = None) -> tuple[Place, FileStat]:
        """Where the path leads to through links. `NotFound`; `Conflict` where it is something else than wanted."""
        place, found = await self._place(file).resolved()
        if found is None:
            raise NotFound(f"there is no {path.shown(file)}", subject=path.shown(file))
        if wanted is not None and (wanted is Kind.FOLDER) is not found.is_dir:
            raise Conflict(f"{path.shown(file)} is no {wanted}", subject=path.shown(file))
        return place, found

    async def _target(self, file: bytes, expected: Expected) -> tuple[Place, int, tuple[int, int]]:
        """Where to write, and with which mode and owner."""
        shown = path.shown(file)
        place, found = await self._place(file).resolved()
        if found is None:
            if expected not in (ANY, NEW):
                raise Conflict(
                    f"{shown} was removed since it was opened; it was not saved",
                    hint="save it again to make it anew",
                )
            above, _ = await self._found(path.parent(file), Kind.FOLDER)
            return place, 0o644, await self._owner(above)
        if found.is_dir:
            raise Conflict(f"{shown} is a folder", subject=shown)
        if expected == NEW:
            raise AlreadyExists(f"{shown} is there already", hint="take another name, or replace it")
        digest = hashlib.sha256()
        async with self._file(place) as (entry, chunks):
            if expected != ANY:
                async for chunk in chunks:
                    digest.update(chunk)
                if digest.hexdigest() != expected:
                    raise Conflict(
                        f"{shown} was changed by somebody else since it was opened; it was not saved",
                        hint="save under another name, or replace what is there now",
                    )
            return place, stat.S_IMODE(found.mode), (entry.uid, entry.gid)

    async def _owner(self, folder: Place) -> tuple[int, int]:
        async with self._tape(folder) as tape:
            entry = await tape.next()
            return (entry.uid, entry.gid) if entry else (0, 0)

    @asynccontextmanager
    async def _tape(self, place: Place) -> AsyncIterator[Tape]:
        """Left early, the engine stops packing."""
        chunks = self._engine.read_archive(self._pod, self._container, place.absolute)
        async with aclosing(closing(chunks)) as generator:
            yield Tape(generator)

    @asynccontextmanager
    async def _file(self, place: Place) -> AsyncIterator[tuple[tarfile.TarInfo, AsyncIterator[bytes]]]:
        async with self._tape(place) as tape:
            entry = await tape.next()
            if entry is None or not entry.isreg():
                raise Conflict(f"{place.absolute!a} is no file any more", subject=place.path)
            yield entry, tape.content()


async def _fill(entries: list[Entry], tape: Tape, where: bytes) -> bool:
    """Whether all that is in the folder was found."""
    top = await tape.next()
    prefix = top.name.strip("/").removeprefix(".") if top else ""
    while (each := await tape.next()) is not None:
        name = each.name.strip("/").removeprefix("./").removeprefix(prefix).strip("/")
        if not name or "/" in name:
            if tape.read_bytes > _LIST_BYTES:
                return False
            continue
        if len(entries) == limits.MAX_ENTRIES:
            return False
        entries.append(
            Entry(
                path=path.child(where, name.encode("utf-8", "surrogateescape")), mode=_mode(each),
                size_bytes=each.size, modified_at=int(each.mtime),
            )
        )  # fmt: skip
    return True


def _mode(entry: tarfile.TarInfo) -> int:
    if entry.isdir():
        return stat.S_IFDIR | entry.mode
    if entry.issym():
        return stat.S_IFLNK | entry.mode
    return (stat.S_IFREG if entry.isreg() or entry.islnk() else stat.S_IFIFO) | entry.mode


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""  # which makes it a generator


def _unsupported(file: bytes) -> Unsupported:
    return Unsupported(
        f"cannot move or remove {path.shown(file)}: the container has no shell", subject=path.shown(file)
    )
