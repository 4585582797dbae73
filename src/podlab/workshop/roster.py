"""All seats in memory, and every change of them on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from podlab.errors import Conflict, NotFound
from podlab.workshop import tables
from podlab.workshop.events import Broadcast, SeatChanged
from podlab.workshop.seat import MOVES, PersonId, Seat, SeatId, State

if TYPE_CHECKING:
    import sqlite3

    from podlab.clock import Clock
    from podlab.workshop.store import Store, Work


class Roster:
    """Only the pool changes it. Every change is told by `broadcast` once it is on the disk."""

    def __init__(self, store: Store, clock: Clock, broadcast: Broadcast) -> None:
        self._store, self._clock, self._broadcast = store, clock, broadcast
        self._seats: dict[SeatId, Seat] = {}
        self._of: dict[PersonId, SeatId] = {}
        self._names: set[str] = set()

    async def load(self) -> None:
        for seat in await self._store.call(tables.seats):
            self._keep(seat)

    @property
    def seats(self) -> Sequence[Seat]:
        """All there ever were, by number."""
        return list(self._seats.values())

    @property
    def living(self) -> int:
        return sum(s.state is not State.ENDED for s in self._seats.values())

    def get(self, id: SeatId) -> Seat:
        if id not in self._seats:
            raise NotFound(f"there is no seat {id}", subject=str(id), hint=f"there are {len(self._seats)}")
        return self._seats[id]

    def find(self, id: SeatId) -> Seat | None:
        return self._seats.get(id)

    def of(self, person: PersonId) -> Seat | None:
        return self._seats[self._of[person]] if person in self._of else None

    def has_pod(self, name: str) -> bool:
        return name in self._names

    def change(
        self, *changed: Seat, also: Work[object] | None = None, audit: str = "", by: str = "pool"
    ) -> asyncio.Future[None]:
        """In memory when this returns, and on the disk, all together with `also`, when the future is done. What
        cannot be written is as it was before. `Conflict` for a move that no seat makes.

        Shield the future: whoever asked may go away, and the change is made all the same.
        """
        now = self._clock.now()
        before = [self._seats.get(each.id) for each in changed]
        for each, old in zip(changed, before, strict=True):
            _refuse_impossible(old, each)

        def write(db: sqlite3.Connection) -> None:
            for each in changed:
                tables.save(db, each, now)
            if also is not None:
                also(db)
            if audit:
                tables.note(db, by, audit, now)

        def written(future: asyncio.Future[None]) -> None:
            if future.cancelled():
                return
            for each, old in zip(changed, before, strict=True):
                if future.exception() is None:
                    self._broadcast.tell(SeatChanged(each))
                elif self._seats.get(each.id) is each:
                    self._restore(each, old)

        future = self._store.begin(write)
        future.add_done_callback(written)
        for each in changed:
            self._keep(each)
        return future

    def _keep(self, seat: Seat) -> None:
        old = self._seats.get(seat.id)
        if old is not None and old.person is not None and self._of.get(old.person) == seat.id:
            del self._of[old.person]
        self._seats[seat.id] = seat
        self._names.add(seat.pod)
        if seat.person is not None:
            self._of[seat.person] = seat.id

    def _restore(self, seat: Seat, old: Seat | None) -> None:
        if old is not None:
            self._keep(old)
            return
        del self._seats[seat.id]
        self._names.discard(seat.pod)
        if seat.person is not None and self._of.get(seat.person) == seat.id:
            del self._of[seat.person]


def _refuse_impossible(old: Seat | None, new: Seat) -> None:
    if old is not None and new.state is not old.state and new.state not in MOVES[old.state]:
        raise Conflict(f"seat {new.id} is {old.state} and cannot be {new.state}", subject=new.pod)
