"""Colours, where somebody sees them: https://no-color.org and a terminal decide."""

from __future__ import annotations

import os
from typing import TextIO

_CODES = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "dim": 2, "bold": 1}
PREFIXES = ("cyan", "yellow", "green", "magenta", "blue", "red")
"""To tell containers apart in logs."""


def has_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, stream: TextIO) -> str:
    """The text in a colour, or as it is where the stream shows none."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if colour and has_colour(stream) else text
