"""The bytes of a file to text that YAML may hold."""

from __future__ import annotations

import re
from typing import Final

from podlab.manifest.report import Report

MAX_BYTES: Final = 512 * 1024
"""The largest file that is read. The YAML parser takes about 10 s for this much; a pod is 1 or 2 kB."""

# https://yaml.org/spec/1.2.2/#51-character-set, and the byte order mark, which is none inside a text
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")


def decode(data: bytes, report: Report, *, language: str = "YAML") -> str | None:
    """None, and a problem in the report, where it is no text or too much of it."""
    if len(data) > MAX_BYTES:
        report.problem(1, 1, (), f"the file is larger than {MAX_BYTES // 1024} KiB; split it")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        report.problem(*_end(before), (), message)
        return None
    if odd := _CONTROL.search(text):
        message = f"the character U+{ord(odd[0]):04X} may not stand in {language}; is this a text file?"
        report.problem(*_end(text[: odd.start()]), (), message)
        return None
    return text


def _end(text: str) -> tuple[int, int]:
    """Line and column of what follows the text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")
