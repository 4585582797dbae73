"""What a terminal was told to be, from output that nobody has any more.

A replay that begins in the middle of the output of an editor must say again that the screen is the alternate one,
that pastes are bracketed, that the mouse reports. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
"""

from __future__ import annotations

import re

_RESET = b"\x18\x1b[m"
"""Cancel a sequence that was cut off, and plain letters."""

_DEFAULTS = {7: True, 25: True}  # lines wrap, the cursor shows
_KEPT = {1, 7, 25, 9, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1049, 2004}
_CHANGE = re.compile(rb"\x1b(?:\[\?([0-9;]{1,64})([hl])|([=>])|(c))")
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:\?[0-9;]{0,64})?)?\Z")


class Modes:
    """The private modes (DECSET) after the output that was fed."""

    def __init__(self) -> None:
        self._set: dict[int, bool] = {}
        self._has_keypad = False
        self._rest = b""

    def copy(self) -> Modes:
        other = Modes()
        other._set, other._has_keypad, other._rest = dict(self._set), self._has_keypad, self._rest
        return other

    def feed(self, data: bytes) -> None:
        """In pieces of any size: a sequence may be split between two."""
        if b"\x1b" not in data and not self._rest:
            return
        data = self._rest + data
        for found in _CHANGE.finditer(data):
            numbers, switch, keypad, reset = found.groups()
            if reset:
                self._set, self._has_keypad = {}, False
            elif keypad:
                self._has_keypad = keypad == b"="
            else:
                for number in (int(n) for n in numbers.split(b";") if n):
                    if number in _KEPT:
                        self._set[number] = switch == b"h"
        unfinished = _UNFINISHED.search(data)
        self._rest = unfinished[0] if unfinished else b""

    def restoring(self) -> bytes:
        """What to write so that a screen in any state gets these modes."""
        wanted = {**_DEFAULTS, **self._set}
        written = b"".join(b"\x1b[?%d%c" % (n, b"h" if on else b"l") for n, on in sorted(wanted.items()))
        return _RESET + written + (b"\x1b=" if self._has_keypad else b"\x1b>")
