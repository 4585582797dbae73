"""Raised hands: who asks for the trainer, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from podlab.clock import Clock, SystemClock
from podlab.workshop import tables
from podlab.workshop.events import Broadcast, HandChanged

if TYPE_CHECKING:
    from podlab.workshop.seat import SeatId
    from podlab.workshop.store import Store


class Hands:
    """Kept in the store alone, so any number of these say the same. What has been answered is on the disk."""

    def __init__(
        self, store: Store, clock: Clock | None = None, *, broadcast: Broadcast | None = None
    ) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._broadcast = broadcast or Broadcast()

    async def raised(self) -> Mapping[SeatId, float]:
        """Seats → since when, who waits longest first."""
        return await self._store.call(tables.hands)

    async def set(self, seat: SeatId, is_raised: bool) -> None:
        """Up or down; one that is up already stays up since it was."""
        now = self._clock.now()
        if await self._store.call(
            lambda db: tables.raise_hand(db, seat, now) if is_raised else tables.lower_hand(db, seat)
        ):
            self._broadcast.tell(HandChanged(seat, is_raised))
