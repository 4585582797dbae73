"""Who may come: codes for names, for a class, and new ones for those who lost theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

from aiohttp import web

from podlab.errors import Conflict, Invalid, NotFound
from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Length, Pattern, Range
from podlab.portal.api.trainer.chosen import SeatNumber
from podlab.portal.classroom import CLASSROOM
from podlab.workshop import codes
from podlab.workshop.admission import LONGEST_NAME, SHORTEST_CLASS_CODE
from podlab.workshop.people import read
from podlab.workshop.seat import SeatId

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom
    from podlab.workshop.admission import Ticket
    from podlab.workshop.seat import PersonId

MOST_AT_ONCE: Final = 500
LETTERS: Final = Pattern(
    f"([A-Za-z0-9][^A-Za-z0-9]*){{{SHORTEST_CLASS_CODE}}}",
    f"{SHORTEST_CLASS_CODE} letters A to Z or digits, or more",
)
"""Which every keyboard has; other letters, case and what is between them do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Somebody with a code. `code` and `link` are null where nobody knows it in clear any more: only hashes are kept,
    and codes that were made since the portal began are in its memory."""

    name: str
    seat: int | None
    has_come: bool
    code: str | None
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """`seats` is how many seats there may be."""

    cards: tuple[Card, ...]
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Codes for names, for a list of them (a line each, or CSV with a column `name`), or so many without a name."""

    names: Annotated[tuple[Annotated[str, Length(LONGEST_NAME, least=1)], ...], Length(MOST_AT_ONCE)] = ()
    csv: Annotated[str, Length(100_000)] = ""
    count: Annotated[int, Range(0, MOST_AT_ONCE)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    who: Annotated[
        Literal["not_come", "all"], "all: also those who are here, and have to type their new code then"
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClassCode:
    code: Annotated[
        str | None, Length(codes.LONGEST, least=SHORTEST_CLASS_CODE), LETTERS, "null: one is made"
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCode:
    """`code` is null where it is closed, and where nobody knows it in clear."""

    is_open: bool
    code: str | None = None
    link: str | None = None


@operation("GET", "/trainer/api/people", who=TRAINER)
async def everybody(request: web.Request) -> Cards:
    """Everybody with a code, whether they have come or not; with the codes that are known in clear."""
    return await cards(request.app[CLASSROOM])


@operation("POST", "/trainer/api/people", who=TRAINER)
async def add(request: web.Request, body: Add) -> Cards:
    """Make codes. Where there are more people than seats then, there may be as many seats."""
    classroom = request.app[CLASSROOM]
    names = [*body.names, *(read(body.csv) if body.csv.strip() else ()), *[""] * body.count]
    if len(names) > MOST_AT_ONCE:
        raise Invalid(f"{len(names)} codes at once are too many", hint=f"{MOST_AT_ONCE} are the most")
    tickets = await classroom.admission.issue(names)
    everybody = len(await classroom.admission.people())
    if everybody > classroom.pool.count:
        classroom.pool.resize(count=everybody)
    return Cards(cards=tuple(_card(classroom, each) for each in tickets), seats=classroom.pool.count)


@operation("POST", "/trainer/api/people/renew", who=TRAINER, errors=(Conflict,))
async def renew(request: web.Request, body: Renew) -> Cards:
    """Make new codes for all whose code nobody knows in clear, for cards. Their old ones are worth nothing then."""
    classroom = request.app[CLASSROOM]
    return await renewed(classroom, has_come=body.who == "all")


@operation("POST", "/trainer/api/seats/{seat}/code", who=TRAINER, errors=(NotFound, Conflict))
async def reissue(request: web.Request, seat: SeatNumber) -> Card:
    """Make another code for whoever has the seat; the old one is worth nothing from now on."""
    classroom = request.app[CLASSROOM]
    return _card(classroom, await classroom.admission.reissue(SeatId(seat)), seat)


@operation("GET", "/trainer/api/class-code", who=TRAINER)
async def class_code(request: web.Request) -> ClassCode:
    """Whether there is a code that gives anybody a seat."""
    return ClassCode(is_open=request.app[CLASSROOM].admission.has_class_code)


@operation("PUT", "/trainer/api/class-code", who=TRAINER)
async def set_class_code(request: web.Request, body: SetClassCode) -> ClassCode:
    """Let anybody in who knows the code. One that was set before is worth nothing from now on."""
    classroom = request.app[CLASSROOM]
    code = body.code or codes.make()
    await classroom.admission.set_class_code(code)
    return ClassCode(is_open=True, code=code, link=_link(classroom, code))


@operation("DELETE", "/trainer/api/class-code", who=TRAINER)
async def close(request: web.Request) -> ClassCode:
    """Let nobody in by a class code. Those who are here stay."""
    await request.app[CLASSROOM].admission.set_class_code(None)
    return ClassCode(is_open=False)


async def cards(classroom: Classroom) -> Cards:
    """Everybody; those with a seat first, by its number."""
    found = [_known(classroom, person, name) for person, name in (await classroom.admission.people()).items()]
    found.sort(key=lambda each: (each.seat is None, each.seat or 0))
    return Cards(cards=tuple(found), seats=classroom.pool.count)


async def renewed(classroom: Classroom, *, has_come: bool) -> Cards:
    """New codes for those who have not come yet, and with `has_come` for all, where theirs is not known in clear."""
    admission = classroom.admission
    for person in await admission.people():
        if admission.in_clear(person) is None and (has_come or classroom.pool.seat_of(person) is None):
            await admission.renew(person)
    return await cards(classroom)


def _known(classroom: Classroom, person: PersonId, name: str) -> Card:
    seat, code = classroom.pool.seat_of(person), classroom.admission.in_clear(person)
    return Card(
        name=name, seat=seat.id if seat else None, has_come=seat is not None, code=code,
        link=_link(classroom, code) if code else None,
    )  # fmt: skip


def _card(classroom: Classroom, ticket: Ticket, seat: int | None = None) -> Card:
    return Card(
        name=ticket.name, seat=seat, has_come=seat is not None, code=ticket.code,
        link=_link(classroom, ticket.code),
    )  # fmt: skip


def _link(classroom: Classroom, code: str) -> str:
    """The code stands in the fragment, which no server and no proxy logs."""
    from urllib.parse import quote

    return f"{classroom.settings.public_url}/#{quote(code)}"


HANDLERS: Final = (everybody, add, renew, reissue, class_code, set_class_code, close)
