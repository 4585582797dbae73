"""Files by the container's own shell: with the rights of its user, in the file system that its terminals see.

The archive API of an engine does neither: it acts as root, and sees no tmpfs.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from podlab.errors import Conflict, Invalid
from podlab.portal.files import limits, path, scripts
from podlab.portal.files.entry import ANY, Download, Entry, Expected, Kind, Listing, Opened, Upload
from podlab.portal.files.refusal import IsFolder, explained
from podlab.portal.files.run import Refused, Run, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine

_LIST_BYTES: Final = limits.MAX_ENTRIES * (path.MAX_NAME_BYTES + 64)
"""More than so many entries ever take: a mode, a size and a time beside the name."""


class Inside:
    """The files of one container. `run.NoShell` where it has no shell. Else the errors of `refusal.explained`."""

    def __init__(self, engine: Engine, pod: str, container: str) -> None:
        self._engine = engine
        self._pod = pod
        self._container = container

    async def list(self, folder: bytes | None) -> Listing:
        """Up to `MAX_ENTRIES` entries of a folder, in no order; without one, of that where a shell begins."""
        words = ["" if folder is None else path.escaped(folder), str(_LIST_BYTES)]
        async with self._run(folder or b".", scripts.LIST, *words) as running:
            where = path.checked(await running.word(b"//\n"))
            is_writable = await running.word() == b"w"
            entries: list[Entry] = []
            while (record := await running.until(b"//\n")).endswith(b"//\n"):
                if len(entries) == limits.MAX_ENTRIES:
                    break
                entries.append(_entry(where, record))
            is_complete = not record
            await running.end()
        return Listing(path=where, entries=tuple(entries), is_complete=is_complete, is_writable=is_writable)

    async def read(self, file: bytes) -> Opened:
        """What is at the path, through links, and as much of a file as `MAX_TEXT_BYTES`."""
        words = [path.escaped(file), str(limits.MAX_TEXT_BYTES + 1)]
        async with self._run(file, scripts.READ, *words) as running:
            mode, size, modified = _numbers(await running.word())
            is_writable = await running.word() == b"w"
            content = await running.rest(limits.MAX_TEXT_BYTES + 1)
            await running.end()
        entry = Entry(path=file, mode=mode, size_bytes=size, modified_at=modified)
        fits = entry.kind is Kind.FILE and len(content) <= limits.MAX_TEXT_BYTES
        return Opened(entry=entry, content=content if fits else None, is_writable=is_writable)

    @asynccontextmanager
    async def download(self, file: bytes) -> AsyncIterator[Download]:
        """The content of a file, or a tar.gz of a folder. What is read of it within the `async with` comes as it
        is asked for."""
        is_folder = False
        try:
            async with self._run(file, scripts.FILE, path.escaped(file)) as running:
                size = _number(await running.word())
                yield Download(
                    name=path.name(file), kind="file", size_bytes=size or None, chunks=_chunks(running)
                )
        except IsFolder:
            is_folder = True
        if is_folder:
            async with self._run(file, scripts.FOLDER, path.escaped(file)) as running:
                yield Download(name=path.name(file), kind="tar.gz", size_bytes=None, chunks=_chunks(running))

    async def write(self, file: bytes, upload: Upload, expected: Expected = ANY) -> str:
        """Write the file whole or not at all, and give its new version. `AlreadyExists` or `Conflict` where what is
        there is not as expected."""
        words = [path.escaped(file), str(upload.size_bytes), expected, secrets.token_hex(8)]
        digest, left = hashlib.sha256(), upload.size_bytes
        async with self._run(file, scripts.WRITE, *words, takes_input=True) as running:
            await running.word()
            async for chunk in upload.chunks:
                left -= len(chunk)
                if left < 0:
                    break
                digest.update(chunk)
                await running.write(chunk)
            if left:
                raise Invalid(
                    f"the content of {path.shown(file)} is not as long as was said; nothing was changed"
                )
            said = await running.word()
            if said != b"taken":
                raise Refused(1, said.decode(errors="replace"))
            await running.end()
        return digest.hexdigest()

    async def make_folder(self, folder: bytes) -> None:
        await self._do(folder, scripts.MAKE_FOLDER, path.escaped(folder))

    async def move(self, source: bytes, target: bytes) -> None:
        """Never over something that is there."""
        await self._do(target, scripts.MOVE, path.escaped(source), path.escaped(target))

    async def remove(self, file: bytes, *, whole: bool = False) -> None:
        """A file, a link itself, or a folder: if it is empty, or `whole` with all that is in it."""
        await self._do(file, scripts.REMOVE, path.escaped(file), "all" if whole else "empty")

    async def _do(self, about: bytes, script: str, *words: str) -> None:
        async with self._run(about, script, *words) as running:
            await running.end()

    @asynccontextmanager
    async def _run(
        self, about: bytes, script: str, *words: str, takes_input: bool = False
    ) -> AsyncIterator[Run]:
        with explained(about):
            async with run(
                self._engine, self._pod, self._container, script, *words, takes_input=takes_input
            ) as running:
                yield running


async def _chunks(running: Run) -> AsyncIterator[bytes]:
    while chunk := await running.chunk():
        yield chunk
    await running.end()


def _entry(folder: bytes, record: bytes) -> Entry:
    """A line `81a4 12 1795319953 ./NAME//`."""
    *numbers, name = record.removesuffix(b"//\n").split(b" ", 3)
    mode, size, modified = _numbers(b" ".join(numbers))
    if not name.startswith(b"./") or b"/" in name[2:]:
        raise _nonsense()
    return Entry(path=path.child(folder, name[2:]), mode=mode, size_bytes=size, modified_at=modified)


def _numbers(line: bytes) -> tuple[int, int, int]:
    try:
        mode, size, modified = line.split()
        return int(mode, 16) & 0xFFFF, int(size), int(modified)
    except ValueError as error:
        raise _nonsense() from error


def _number(line: bytes) -> int:
    try:
        return int(line)
    except ValueError as error:
        raise _nonsense() from error


def _nonsense() -> Conflict:
    return Conflict("the container's `stat` prints what it should not", hint="was it replaced?")
