"""Single seats: looked at, given more time, reset, ended, exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from aiohttp import web

from podlab.errors import Conflict, NotFound
from podlab.lesson.lesson import StepId
from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Length, Range
from podlab.portal.api.trainer.board import Board, SeatRow, board, row
from podlab.portal.api.trainer.chosen import SeatNumber, Seats, chosen
from podlab.portal.classroom import CLASSROOM
from podlab.workshop.seat import SeatId


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend:
    seconds: Annotated[int, Range(1, 7 * 86_400), "how much longer"]
    seats: Seats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    step: Annotated[str, Length(100, least=1), "the id of the step that is to be open"]
    seats: Seats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of it in one seat. `problem` is empty where it was done."""

    seat: int
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    results: tuple[Result, ...]


@operation("GET", "/trainer/api/seats", who=TRAINER)
async def all_seats(request: web.Request) -> Board:
    """The grid: all seats, whoever needs the trainer first.

    First raised hands, then seats in which something failed three times or more, then by how few steps are passed and
    how long nothing happened.
    """
    return await board(request)


@operation("GET", "/trainer/api/seats/{seat}", who=TRAINER, errors=(NotFound,))
async def one_seat(request: web.Request, seat: SeatNumber) -> SeatRow:
    """One seat."""
    return await row(request, SeatId(seat))


@operation("POST", "/trainer/api/extend", who=TRAINER, errors=(NotFound,))
async def extend(request: web.Request, body: Extend) -> Results:
    """Give seats more time."""
    classroom = request.app[CLASSROOM]
    results = []
    for seat in chosen(classroom, body.seats):
        try:
            await classroom.pool.extend(seat.id, body.seconds)
            results.append(Result(seat=seat.id))
        except Conflict as error:
            results.append(Result(seat=seat.id, problem=error.message))
    return Results(results=tuple(results))


@operation("POST", "/trainer/api/unlock", who=TRAINER, errors=(NotFound,))
async def unlock(request: web.Request, body: Unlock) -> Results:
    """Open a step of the lesson: those before it count as passed."""
    classroom = request.app[CLASSROOM]
    seats = chosen(classroom, body.seats)
    if body.step not in {step.id for step in classroom.lesson.steps}:
        raise NotFound(f"the lesson has no step '{body.step}'", subject=body.step)
    for seat in seats:
        await classroom.progress.unlock(seat.id, StepId(body.step))
    return Results(results=tuple(Result(seat=seat.id) for seat in seats))


@operation("POST", "/trainer/api/seats/{seat}/reset", who=TRAINER, errors=(NotFound, Conflict))
async def reset(request: web.Request, seat: SeatNumber) -> SeatRow:
    """Make a seat's pod anew. Its files are lost; whose it is and their progress stay."""
    await request.app[CLASSROOM].pool.reset(SeatId(seat))
    return await row(request, SeatId(seat))


@operation("POST", "/trainer/api/seats/{seat}/end", who=TRAINER, errors=(NotFound, Conflict))
async def end(request: web.Request, seat: SeatNumber) -> SeatRow:
    """End a seat. Its pod goes; whose it was and their progress stay known. Twice is no error."""
    await request.app[CLASSROOM].pool.end(SeatId(seat))
    return await row(request, SeatId(seat))


@operation("POST", "/trainer/api/seats/{seat}/reassign", who=TRAINER, errors=(NotFound, Conflict))
async def reassign(request: web.Request, seat: SeatNumber) -> SeatRow:
    """Give the person another seat, with their progress and the rest of their time; the old one ends."""
    other = await request.app[CLASSROOM].pool.reassign(SeatId(seat))
    return await row(request, other.id)


@operation("POST", "/trainer/api/seats/{seat}/lower-hand", who=TRAINER, errors=(NotFound,))
async def lower_hand(request: web.Request, seat: SeatNumber) -> SeatRow:
    """Take a raised hand down. One that is down is no error."""
    classroom = request.app[CLASSROOM]
    found = classroom.pool.seat(SeatId(seat))
    await classroom.hands.set(found.id, False)
    return await row(request, found.id)


HANDLERS: Final = (all_seats, one_seat, extend, unlock, reset, end, reassign, lower_hand)
