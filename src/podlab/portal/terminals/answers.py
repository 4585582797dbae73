"""What a terminal types by itself: answers to the queries of programs.

Each browser that shows a session answers each query. The program asked once, so one answer may reach it; the
others would stand at the prompt as `0;276;0c`.
"""

from __future__ import annotations

import re

_ANSWERS = re.compile(
    rb"(?:"
    rb"\x1b\[[?>=]?[0-9;]*[cnR]"  # device attributes, status, cursor's place
    rb"|\x1b\[[?]?[0-9;]*\$y"  # a mode
    rb"|\x1b\[[0-9;]*t"  # the window's size
    rb"|\x1b\][0-9;]{1,16};?(?:rgba?:|#)[0-9a-fA-F/:]{1,32}(?:\x07|\x1b\\)"  # a colour
    rb"|\x1bP[0-9>!|$+r][^\x1b]{0,256}\x1b\\"  # version, settings
    rb")+"
)


def is_answer(data: bytes) -> bool:
    """Whether this is nothing but answers."""
    return data.startswith(b"\x1b") and _ANSWERS.fullmatch(data) is not None
