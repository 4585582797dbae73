"""What the trainer says, kept for who is not there to hear it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podlab.clock import Clock, SystemClock
from podlab.workshop import tables
from podlab.workshop.events import Broadcast, Message

if TYPE_CHECKING:
    from podlab.workshop.seat import SeatId
    from podlab.workshop.store import Store


class Messages:
    """Told at once to who is present, and to the others when they come."""

    def __init__(self, store: Store, clock: Clock | None = None, *, broadcast: Broadcast) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._broadcast = broadcast

    async def say(self, text: str, *, present: Sequence[SeatId], away: Sequence[SeatId]) -> None:
        """When it returns, what is kept is on the disk."""
        now = self._clock.now()
        for seat in present:
            self._broadcast.tell(Message(text, seat))
        if away:
            await self._store.call(lambda db: tables.keep_message(db, away, text, now))

    async def waiting(self, seat: SeatId) -> list[str]:
        """What the seat has missed, the oldest first. It is not kept any longer."""
        return await self._store.call(lambda db: tables.take_messages(db, seat))
