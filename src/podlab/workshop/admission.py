"""Who may have a seat: people with a code of their own, and those who know the class's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from podlab.clock import Clock, SystemClock
from podlab.errors import Conflict, Denied, Invalid, NotFound
from podlab.workshop import codes, tables
from podlab.workshop.codes import Code
from podlab.workshop.ratelimit import Limiter
from podlab.workshop.seat import PersonId, Seat, SeatId, State

if TYPE_CHECKING:
    import sqlite3

    from podlab.manifest.workshop import Workshop
    from podlab.workshop.pool import Pool
    from podlab.workshop.store import Store

LONGEST_NAME: Final = 80
SHORTEST_CLASS_CODE: Final = 6
FREE_SEATS: Final = 100
"""That one address gets without a code: a room behind one router, and not a whole conference."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A person's code, in clear this once: only its hash is kept."""

    code: Code
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Codes that are new, in clear. `needs_names`: codes are for names, and nobody has said any."""

    tickets: tuple[Ticket, ...] = ()
    class_code: str = ""
    needs_names: bool = False


def check_class_code(code: str) -> None:
    """`Invalid` for one that is easily guessed, or can be none."""
    if len(codes.read(code)) < SHORTEST_CLASS_CODE:
        raise Invalid(f"a class code has {SHORTEST_CLASS_CODE} letters or more", subject="class code")


class Admission:
    """A code is a person: whoever types it, from whatever device, comes to the same seat."""

    def __init__(
        self, pool: Pool, store: Store, clock: Clock | None = None, *, limiter: Limiter | None = None
    ) -> None:
        """The pool has been entered."""
        self._pool, self._store = pool, store
        self._clock = clock or SystemClock()
        self._limiter = limiter or Limiter(self._clock)
        self._free = Limiter(
            self._clock, each=(FREE_SEATS, 6.0), said="too many seats were taken from this address"
        )
        self._salt = pool.identity.salt
        self._class_code = pool.identity.class_code
        self._in_clear: dict[PersonId, Code] = {}

    async def issue(self, names: Sequence[str], *, by: str = "trainer") -> list[Ticket]:
        """A code for each name; empty names are for who comes. They are valid when this returns."""
        tickets = [Ticket(codes.make(), _name(name)) for name in names]
        people = [await self._person(ticket.code) for ticket in tickets]
        now = self._clock.now()

        def write(db: sqlite3.Connection) -> None:
            for person, ticket in zip(people, tickets, strict=True):
                tables.issue(db, person, ticket.name, now)
            tables.note(db, by, f"{len(tickets)} codes issued", now)

        await self._store.call(write)
        self._in_clear |= {person: each.code for person, each in zip(people, tickets, strict=True)}
        return tickets

    async def people(self) -> dict[PersonId, str]:
        """Everybody with a code → their name, whether they have come or not."""
        return await self._store.call(tables.issued)

    def in_clear(self, person: PersonId) -> Code | None:
        """The person's code, where the trainer had it made since this process began; memory alone has it."""
        return self._in_clear.get(person)

    async def set_class_code(self, code: str | None, *, by: str = "trainer") -> None:
        """With it anybody gets a code of their own; None: nobody does. A short one is easily guessed: `Invalid`."""
        if code is not None:
            check_class_code(code)
        digest = None if code is None else await self._person(code)
        now, what = self._clock.now(), "class code " + ("closed" if code is None else "set")

        def write(db: sqlite3.Connection) -> None:
            tables.set_class_code(db, digest)
            tables.note(db, by, what, now)

        await self._store.call(write)
        self._class_code = digest

    async def enter(self, code: str, *, address: str, name: str = "") -> Seat:
        """The seat of whoever has this code, also one that has ended. `Denied` for a wrong one, and for a while
        after many wrong ones; `Invalid` for what can be no code; `Conflict` when the workshop is full."""
        self._limiter.check(address)
        person = await self._person(code)
        known = await self._store.call(lambda db: tables.name_of(db, person))
        if known is None:
            raise self._wrong(address)
        theirs = self._pool.seat_of(person)
        if theirs is not None and theirs.state is State.ENDED:
            return theirs
        return await self._pool.claim(person, known or _name(name))

    async def join(
        self, class_code: str, *, address: str, name: str = "", is_guess: bool = True
    ) -> tuple[Seat, Ticket]:
        """A seat for somebody who knows the class's code, and the code to come back with. Errors as `enter`.
        A wrong one that may be something else is no guess, and does not count."""
        self._limiter.check(address)
        digest = await self._person(class_code)
        if self._class_code is None or not codes.are_equal(digest, self._class_code):
            raise self._wrong(address, is_guess=is_guess)
        return await self._admit(name)

    async def join_freely(self, *, address: str, name: str = "") -> tuple[Seat, Ticket]:
        """A seat for whoever comes, and the code to come back with. An address gets `FREE_SEATS`, and then one every
        six seconds."""
        self._free.check(address)
        admitted = await self._admit(name)
        self._free.failed(address)
        return admitted

    @property
    def has_class_code(self) -> bool:
        return self._class_code is not None

    async def _admit(self, name: str) -> tuple[Seat, Ticket]:
        ticket = Ticket(codes.make(), _name(name))
        return await self._pool.claim(await self._person(ticket.code), ticket.name), ticket

    async def reissue(self, id: SeatId, *, by: str = "trainer") -> Ticket:
        """Another code for whoever has the seat; the old one is worth nothing from now on."""
        ticket = Ticket(codes.make(), self._pool.seat(id).name)
        person = await self._person(ticket.code)
        await self._pool.rename(id, person, by=by)
        self._in_clear[person] = ticket.code
        return ticket

    async def renew(self, person: PersonId, *, by: str = "trainer") -> Ticket:
        """As `reissue`, also for somebody who has not come yet. `NotFound` for a person whom nobody knows."""
        seat = self._pool.seat_of(person)
        if seat is not None:
            return await self.reissue(seat.id, by=by)
        code, now = codes.make(), self._clock.now()
        other = await self._person(code)

        def write(db: sqlite3.Connection) -> str:
            name = tables.name_of(db, person)
            if name is None:
                raise NotFound("nobody has such a code", hint="load the page again")
            if tables.has_seat(db, person):
                raise Conflict("this person has just taken a seat", subject=name, hint="try again")
            tables.drop_code(db, person)
            tables.issue(db, other, name, now)
            tables.note(db, by, f"another code for {name or 'somebody'}", now)
            return name

        ticket = Ticket(code, await self._store.call(write))
        self._in_clear[other] = code
        return ticket

    async def _person(self, code: str) -> PersonId:
        codes.read(code)  # what can be no code needs no thread
        return PersonId(await asyncio.to_thread(codes.digest, code, self._salt))

    def _wrong(self, address: str, *, is_guess: bool = True) -> Denied:
        if is_guess:
            self._limiter.failed(address)
        return Denied("this code is not known", subject=address, hint="look at your card, and try again")


def _name(text: str) -> str:
    """One line that can be shown. `Invalid` where it is too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) > LONGEST_NAME:
        raise Invalid(f"a name has at most {LONGEST_NAME} letters", subject=line[:20])
    return line


async def admit(
    admission: Admission,
    workshop: Workshop,
    count: int,
    names: Sequence[str] | None = None,
    class_code: str | None = None,
) -> Admitted:
    """Give the codes that the workshop's way of claiming asks for and that there are not yet: one for each of
    `names` that has none, else for each of `count` seats; or the class's. What was given before stays."""
    seats, known = workshop.spec.seats, await admission.people()
    claim = (seats.claim if seats else None) or "code"
    if class_code is None and claim == "open" and not admission.has_class_code:
        class_code = codes.make()
    if class_code is not None:
        await admission.set_class_code(class_code)
    wanted = [] if names is None else [name for name in names if name not in known.values()]
    if names is None and claim == "code":
        wanted = [""] * (count - len(known))
    tickets = await admission.issue(wanted) if wanted else []
    needs_names = claim == "named" and not (known or tickets)
    return Admitted(tickets=tuple(tickets), class_code=class_code or "", needs_names=needs_names)
