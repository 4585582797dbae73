"""What browsers get and send, as JSON."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from podlab.portal.api.shapes import Length, Pattern
from podlab.portal.files import path
from podlab.portal.files.entry import Kind, as_text

if TYPE_CHECKING:
    from podlab.portal.files.entry import Entry, Listing, Opened

PathText = Annotated[
    str, Length(3 * path.MAX_PATH_BYTES), "absolute and percent-encoded: a name may have any bytes"
]
ContainerName = Annotated[str, Length(63), "one that has a terminal; else that of the first terminal"]
Version = Annotated[
    str, Length(64), Pattern("^(new|any|[0-9a-f]{64})$"),
    "what must be there: nothing (`new`), anything (`any`), or the version that was read",
]  # fmt: skip

_LAST_TIME: Final = 253_402_300_799  # the end of the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEntry:
    """`name` is for people, `path` for requests."""

    name: str
    path: str
    kind: Literal["file", "folder", "link", "other"]
    size_bytes: int
    modified_at: datetime
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """`is_complete`: nothing was left out because there is too much of it. The entries are in no order."""

    container: str
    containers: tuple[str, ...]
    name: str
    path: str
    entries: tuple[FolderEntry, ...]
    is_complete: bool
    is_writable: bool
    max_upload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """`text` and `version` are empty unless the kind is `text`."""

    name: str
    path: str
    kind: Literal["text", "binary", "large", "folder", "other"]
    text: str
    version: str
    size_bytes: int
    modified_at: datetime
    is_writable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeFolder:
    path: PathText
    container: ContainerName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    path: PathText
    to: PathText
    container: ContainerName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    path: PathText
    whole: Annotated[bool, "a folder with all that is in it"] = False
    container: ContainerName = ""


def folder(listing: Listing, container: str, containers: tuple[str, ...], max_upload_bytes: int) -> Folder:
    return Folder(
        container=container, containers=containers, name=_name(listing.path), path=path.encoded(listing.path),
        entries=tuple(_entry(each) for each in listing.entries), is_complete=listing.is_complete,
        is_writable=listing.is_writable, max_upload_bytes=max_upload_bytes,
    )  # fmt: skip


def text_file(opened: Opened, version: str) -> TextFile:
    entry = opened.entry
    text = None if opened.content is None else as_text(opened.content)
    return TextFile(
        name=_name(entry.path), path=path.encoded(entry.path), kind=_kind(opened, text), text=text or "",
        version="" if text is None else version, size_bytes=entry.size_bytes, modified_at=_time(entry),
        is_writable=opened.is_writable,
    )  # fmt: skip


def _kind(opened: Opened, text: str | None) -> Literal["text", "binary", "large", "folder", "other"]:
    if opened.entry.kind is Kind.FOLDER:
        return "folder"
    if opened.entry.kind is not Kind.FILE:
        return "other"
    if opened.content is None:
        return "large"
    return "binary" if text is None else "text"


def _entry(entry: Entry) -> FolderEntry:
    return FolderEntry(
        name=_name(entry.path), path=path.encoded(entry.path), kind=entry.kind.value, size_bytes=entry.size_bytes,
        modified_at=_time(entry), mode=stat.filemode(entry.mode),
    )  # fmt: skip


def _name(which: bytes) -> str:
    return path.shown(path.name(which) or b"/")


def _time(entry: Entry) -> datetime:
    return datetime.fromtimestamp(min(max(entry.modified_at, 0), _LAST_TIME), UTC)
