"""What a plain YAML word means: text, a number, true, false or nothing, as for `kubectl`.

YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema) with one exception: `0644` is octal,
as Kubernetes reads it. `no`, `on` and dates are text; infinity and not-a-number too, since JSON has neither.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"[-+]?(?:0o?(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_LONGEST = 40
"""No number that a field takes is longer; Python refuses to convert thousands of digits."""


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a word without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST or text[0] not in "+-.0123456789":
        return text
    if match := _INT.fullmatch(text):
        sign = -1 if text[0] == "-" else 1
        if match["octal"]:
            return sign * int(match["octal"], 8)
        if match["hex"]:
            return sign * int(match["hex"], 16)
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text
