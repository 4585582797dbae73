"""A tar that is read while it comes in, and one that is made while it goes out. Nothing is held but a chunk.

`tarfile` reads from a blocking file only; it knows all kinds of headers, though, and so it is asked for them.
"""

from __future__ import annotations

import asyncio
import io
import tarfile
import zlib
from typing import TYPE_CHECKING, Final

from podlab.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

_MAX_HEADER_BYTES: Final = 1 << 20
_LONGER: Final = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
"""Headers that say more about the next one."""


class Tape:
    """One entry after the other. `read_bytes` counts what has come in."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._data = bytearray()
        self._left = 0
        self._padding = 0
        self.read_bytes = 0

    async def next(self) -> tarfile.TarInfo | None:
        """The next entry's header, None at the end. What was not read of the content before is passed over."""
        await self._pass(self._left + self._padding)
        self._left = self._padding = 0
        headers = b""
        while True:
            block = await self._take(tarfile.BLOCKSIZE)
            if len(block) < tarfile.BLOCKSIZE or not block.strip(b"\0"):
                return None
            headers += block
            try:
                found = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.TarError as error:
                raise _broken() from error
            if found.type not in _LONGER:
                break
            if len(headers) + found.size > _MAX_HEADER_BYTES:
                raise _broken()
            headers += await self._take(found.size + -found.size % tarfile.BLOCKSIZE)
        try:
            entry = _whole(headers)
        except tarfile.TarError as error:
            raise _broken() from error
        self._left = entry.size if entry.isreg() else 0
        self._padding = -self._left % tarfile.BLOCKSIZE
        return entry

    async def content(self) -> AsyncIterator[bytes]:
        """Of the entry that `next` gave last. `Unavailable` where it breaks off."""
        while self._left:
            if not self._data and not await self._fill():
                raise _broken()
            data = bytes(self._data[: self._left])
            del self._data[: len(data)]
            self._left -= len(data)
            yield data

    async def _take(self, size: int) -> bytes:
        while len(self._data) < size and await self._fill():
            pass
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    async def _pass(self, size: int) -> None:
        while size:
            if not self._data and not await self._fill():
                return
            passed = min(size, len(self._data))
            del self._data[:passed]
            size -= passed

    async def _fill(self) -> bool:
        async for chunk in self._chunks:
            self._data += chunk
            self.read_bytes += len(chunk)
            return True
        return False


def packed(entry: tarfile.TarInfo) -> bytes:
    """Its header, whatever bytes its name has."""
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


async def one(entry: tarfile.TarInfo, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A tar with one entry, whose content has exactly `entry.size` bytes."""
    yield packed(entry)
    async for chunk in content:
        yield chunk
    yield bytes(-entry.size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


def _whole(headers: bytes) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO(headers), mode="r:", errors="surrogateescape") as tar:
        entry = tar.next()
        if entry is None:
            raise tarfile.ReadError("no entry")
        return entry


def _broken() -> Unavailable:
    return Unavailable("the archive from the container is broken or broke off", hint="try again")


async def zipped(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """In a thread: the event loop has terminals to serve."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    async for chunk in chunks:
        if data := await asyncio.to_thread(packer.compress, chunk):
            yield data
    yield packer.flush()


async def closing(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """What can be closed. An engine's iterator is a generator, but its type does not say so."""
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
