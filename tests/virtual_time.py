"""An event loop whose time passes at once when everybody sleeps: what is timed is exact, however busy the machine.

For tests marked `virtual_time`, of code without threads and sockets: they take real time, which it does not know.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

STEP_S = 0.000_02
"""A round of the loop costs so much, or what never sleeps would stop the clock."""


class _Selector(selectors.DefaultSelector):
    """Waits for nothing that is not there yet, but says how long it would have."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found: list[Any] = super().select(None if timeout is None else 0)
        self.now += STEP_S if found else max(timeout or 0, STEP_S)
        return found


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._passed = _Selector()
        super().__init__(self._passed)

    def time(self) -> float:
        return self._passed.now
