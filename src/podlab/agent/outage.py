"""An engine that does not answer: told once, asked again, told when it is back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.clock import Clock
    from podlab.engines.base import Engine

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 3.0
"""Between two questions."""
OF_OUTAGE = 0.05
"""An engine that was away for a while is noticed within this part of it: one that is only restarted, almost at once."""
STEADY_S = 10.0
"""Events that have come for so long end for another reason than the last time."""


class Outage:
    """`on_lost(why)` and `on_found()` are called when it begins and when it is over."""

    def __init__(
        self, engine: Engine, clock: Clock, *, on_lost: Callable[[str], None], on_found: Callable[[], None]
    ) -> None:
        self._engine, self._clock = engine, clock
        self._on_lost, self._on_found = on_lost, on_found
        self._pause_s = FIRST_PAUSE_S
        self.is_on = False

    def begin(self, error: PodlabError) -> None:
        """Whoever asked got this answer."""
        if not self.is_on:
            self.is_on = True
            self._on_lost(error.message)

    def end(self) -> None:
        """Whoever asked got an answer."""
        if self.is_on:
            self.is_on = False
            self._on_found()

    async def answers(self) -> bool:
        """Ask it."""
        try:
            await self._engine.version()
        except PodlabError:
            return False
        return True

    async def wait(self, *, after_s: float) -> None:
        """Its events have ended after so many seconds: until it answers. One that only ever ends them is asked ever
        less often."""
        began = self._clock.now()
        self._pause_s = FIRST_PAUSE_S if after_s > STEADY_S else min(self._pause_s * 2, LONGEST_PAUSE_S)
        await self._clock.sleep(self._pause_s)
        while not await self.answers():
            away_s = self._clock.now() - began
            await self._clock.sleep(min(max(FIRST_PAUSE_S, away_s * OF_OUTAGE), LONGEST_PAUSE_S))
        self.end()
