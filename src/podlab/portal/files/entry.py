"""What is found in a container: entries of a folder, a text, a download. Pure."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


class Kind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"  # a device, pipe or socket


def kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`mode` has the type, too, as in `os.stat`; `modified_at` is seconds since the epoch."""

    path: bytes
    mode: int
    size_bytes: int
    modified_at: int

    @property
    def kind(self) -> Kind:
        return kind(self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`is_complete`: nothing was left out because there is too much of it."""

    path: bytes
    entries: tuple[Entry, ...]
    is_complete: bool
    is_writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file as the editor gets it. `content` is None for what is longer than the limit, or no file."""

    entry: Entry
    content: bytes | None
    is_writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """`size_bytes` is None where nobody knows it beforehand: a folder, or a file that the kernel makes up."""

    name: bytes
    kind: Literal["file", "tar.gz"]
    size_bytes: int | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Exactly `size_bytes` come out of `chunks`; whoever takes them must count."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


ANY: Final = "any"
NEW: Final = "new"
Expected = str
"""What must be at a path for a file to be written there: `ANY`thing, nothing (`NEW`), or the version that was read."""


def as_text(content: bytes) -> str | None:
    """What can be shown and edited: UTF-8 without a zero byte; else None."""
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
