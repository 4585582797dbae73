"""What tests of files have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.portal.files.entry import Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.portal.files.of_container import Files

HOSTILE = (
    b"a\nb", b"a\n", b"-rf", b"--help", b" ", b"tab\there", b"$(reboot)", b"`id`", b"'", b'"', b"\\", b"\\0101",
    b"%41", b"*", b"?", b"~", b"...", b"..a", b"w", b"\x1b[31m", b"\xff\xfe", "ü 漢 🙂".encode(),
    b"<img src=x onerror=alert(1)>", b"x" * 255,
)  # fmt: skip
"""Names that a file may have."""


async def chunks(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def upload(data: bytes) -> Upload:
    return Upload(size_bytes=len(data), chunks=chunks(data))


async def fetched(files: Files, file: bytes) -> bytes:
    async with files.download(file) as download:
        return b"".join([chunk async for chunk in download.chunks])
