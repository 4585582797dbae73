"""A file for a seat, from whoever may do anything in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.errors import Invalid
from podlab.portal.files import limits, path
from podlab.portal.files.entry import Upload
from podlab.portal.files.of_container import Files, with_files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


async def push(engine: Engine, pod: str, container: str, target: str, data: bytes) -> None:
    """Write a file in a container, whatever was there, as the user of its shell. The folder must be there.

    `Invalid` for a path that is not absolute, has `.` or `..` in it or names no file, and for more than
    `MAX_UPLOAD_BYTES`; `NotFound`, `Denied`, `Conflict` (a folder is there) or `Unavailable` (no space left) as they
    come. The file is whole or unchanged, but in a container without a shell.
    """
    file = path.checked(target.encode("utf-8", "surrogateescape"))
    if not path.name(file):
        raise Invalid(f"{target!r} names no file")
    if len(data) > limits.MAX_UPLOAD_BYTES:
        raise Invalid(
            f"{target}: {len(data):,} bytes are too much", hint=f"at most {limits.MAX_UPLOAD_BYTES:,}"
        )

    async def write(files: Files) -> str:
        return await files.write(file, Upload(size_bytes=len(data), chunks=_pieces(data)))

    await with_files(engine, pod, container, write, is_trusted=True)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), limits.CHUNK_BYTES):
        yield data[at : at + limits.CHUNK_BYTES]
