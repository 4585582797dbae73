"""Why a script of ours refused, in podlab's words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from podlab.errors import (
    AlreadyExists,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    PodlabError,
    Unavailable,
    Unsupported,
)
from podlab.portal.files import path, scripts
from podlab.portal.files.run import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_CODE: Final[dict[int, tuple[type[PodlabError], str, str]]] = {
    scripts.MISSING: (NotFound, "there is no {}", "was it moved or removed? look at its folder again"),
    scripts.NO_FOLDER: (Conflict, "{} is no folder", ""),
    scripts.IS_FOLDER: (Conflict, "{} is a folder", ""),
    scripts.EXISTS: (AlreadyExists, "{} is there already", "take another name, or replace it"),
    scripts.CHANGED: (
        Conflict, "{} was changed by somebody else since it was opened; it was not saved",
        "save under another name, or replace what is there now",
    ),
    scripts.GONE: (
        Conflict, "{} was removed since it was opened; it was not saved", "save it again to make it anew",
    ),
    scripts.SHORT: (Unavailable, "{} did not arrive whole; nothing was changed", "try again"),
    scripts.NO_FILE: (Invalid, "{} is a device, a pipe or a socket, which has no content", ""),
    scripts.NOT_EMPTY: (Conflict, "folder {} is not empty", ""),
    scripts.DENIED: (Denied, "no permission for {}", "the terminal's user may not; try another folder"),
    127: (Unsupported, "the container lacks a program for that", "use its terminal"),
}  # fmt: skip

_BY_WORDS: Final[tuple[tuple[str, type[PodlabError], str], ...]] = (
    ("Permission denied", Denied, "the terminal's user may not; try another folder"),
    ("Operation not permitted", Denied, "the terminal's user may not"),
    ("Read-only file system", Denied, "nothing can be changed there; try another folder"),
    ("No space left", Unavailable, "remove something first; nothing was changed"),
    ("uota exceeded", Unavailable, "remove something first; nothing was changed"),
    ("too long", Invalid, "take a shorter name"),
    ("busy", Conflict, ""),
    ("not found", Unsupported, "the container lacks a program for that; use its terminal"),
)
"""The kernel's words, which every tool repeats. https://man7.org/linux/man-pages/man3/errno.3.html"""


class IsFolder(Conflict):
    """A file was asked for."""


def why(refused: Refused, about: bytes) -> PodlabError:
    shown = path.shown(about)
    if refused.code == scripts.IS_FOLDER:
        return IsFolder(f"{shown} is a folder", subject=shown)
    if found := _BY_CODE.get(refused.code):
        kind, text, hint = found
        return kind(text.format(shown), subject=shown, hint=hint)
    last = refused.output.splitlines()[-1] if refused.output else f"exit code {refused.code}"
    reason = "".join(each if each.isprintable() else "\ufffd" for each in last.rpartition(": ")[2])[:200]
    for words, kind, hint in _BY_WORDS:
        if words in last:
            return kind(f"that cannot be done with {shown}: {reason}", subject=shown, hint=hint)
    return PodlabError(f"that cannot be done with {shown}: {reason}", subject=shown)


@contextmanager
def explained(about: bytes) -> Iterator[None]:
    """Around a script: what it refuses is raised as one of `podlab.errors`."""
    try:
        yield
    except Refused as refused:
        raise why(refused, about) from refused
