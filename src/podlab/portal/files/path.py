"""Paths in a container: bytes, since nothing else holds every name. Pure.

In addresses and in JSON a path is percent-encoded, so it is ASCII and comes back byte by byte.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from podlab.errors import Invalid

MAX_PATH_BYTES: Final = 4095
MAX_NAME_BYTES: Final = 255
"""https://man7.org/linux/man-pages/man7/path_resolution.7.html, limits.h"""

_PLAIN = re.compile(rb"[^A-Za-z0-9/._+@:,=-]")


def decoded(text: str) -> bytes:
    """The path that a percent-encoded text means. `Invalid` as `checked` says."""
    return checked(unquote_to_bytes(text))


def checked(path: bytes) -> bytes:
    """The path without doubled and trailing slashes. `Invalid` unless it is absolute, without `.` and `..`."""
    parts = [part for part in path.split(b"/") if part]
    if not path.startswith(b"/"):
        raise Invalid(f"not an absolute path: {shown(path)[:200]}", hint="begin it with /")
    if b".." in parts or b"." in parts:
        raise Invalid(f"refused: a path with . or .. in it: {shown(path)[:200]}")
    if b"\0" in path:
        raise Invalid("refused: a path with a zero byte")
    if any(len(part) > MAX_NAME_BYTES for part in parts) or len(path) > MAX_PATH_BYTES:
        raise Invalid(
            f"too long for a path: {shown(path)[:80]}…",
            hint=f"a name has at most {MAX_NAME_BYTES} bytes, a path {MAX_PATH_BYTES}",
        )
    return b"/" + b"/".join(parts)


def encoded(path: bytes) -> str:
    """As `decoded` reads it."""
    return quote_from_bytes(path, safe="/")


def escaped(path: bytes) -> str:
    """For `printf %b` in a shell: an engine takes no bytes in a command's words that are not UTF-8."""
    return _PLAIN.sub(lambda found: b"\\0%03o" % found[0][0], path).decode("ascii")


def surrogated(path: bytes) -> str:
    """As the archive API of an engine takes it."""
    return path.decode("utf-8", "surrogateescape")


def shown(path: bytes) -> str:
    """For people: control characters as their pictures, and � for what is no UTF-8."""
    text = path.decode("utf-8", "replace")
    return "".join(_picture(each) if unicodedata.category(each) == "Cc" else each for each in text)


def _picture(control: str) -> str:
    """https://www.unicode.org/charts/PDF/U2400.pdf"""
    code = ord(control)
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def name(path: bytes) -> bytes:
    """The last part; empty for the root."""
    return path.rpartition(b"/")[2]


def parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0] or b"/"


def child(folder: bytes, name: bytes) -> bytes:
    return folder.rstrip(b"/") + b"/" + name
