"""The trainer's grid: a row for each seat, whoever needs the trainer first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from podlab.portal.api.trainer.meter import METER, Reading
from podlab.portal.classroom import CLASSROOM
from podlab.workshop.progress import STUCK_FAILURES, Row
from podlab.workshop.seat import SeatId, State

if TYPE_CHECKING:
    from aiohttp import web

    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """Something that was tried `times` times, and does not pass."""

    id: str
    kind: Literal["check", "quiz"]
    name: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """One seat. `step` is the last one that was opened, `step_number` counts from 1 and is 0 for a seat that has not
    begun. Resources are null while nobody has measured them."""

    seat: int
    pod: str
    name: str
    is_taken: bool
    state: Literal["making", "warm", "claimed", "resetting", "broken", "ended"]
    problem: Annotated[str, "why it is broken"]
    is_online: Annotated[bool, "whether a page of it is open"]
    hand_raised_at: datetime | None
    step: str
    step_title: str
    step_number: int
    steps_passed: int
    failing: tuple[Failing, ...]
    failures: int
    is_stuck: bool
    active_at: Annotated[datetime | None, "when anything happened last: in the lesson or in a terminal"]
    claimed_at: datetime | None
    ends_at: datetime | None
    memory_bytes: int | None
    cpus: Annotated[float | None, "processors in use"]
    processes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All seats, whoever needs the trainer first. `count` is how many there may be, `warm` how many are kept free."""

    now: datetime
    workshop: str
    steps: int
    count: int
    warm: int
    seats: tuple[SeatRow, ...]


async def board(request: web.Request) -> Board:
    classroom, readings = request.app[CLASSROOM], request.app[METER].readings
    pool = classroom.pool
    hands = await classroom.hands.raised()
    rows = await classroom.progress.grid([seat.id for seat in pool.seats])
    made = [_row(classroom, pool.seat(row.seat), row, hands, readings) for row in rows]
    return Board(
        now=when(pool.clock.now()), workshop=classroom.title, steps=len(classroom.lesson.steps),
        count=pool.count, warm=pool.warm, seats=tuple(sorted(made, key=_who_waits_first)),
    )  # fmt: skip


async def row(request: web.Request, seat: SeatId) -> SeatRow:
    """`NotFound` where there is no such seat."""
    classroom = request.app[CLASSROOM]
    found = classroom.pool.seat(seat)
    (progress,) = await classroom.progress.grid([seat])
    hands = await classroom.hands.raised()
    return _row(classroom, found, progress, hands, request.app[METER].readings)


def when(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _maybe(at: float | None) -> datetime | None:
    return None if at is None else when(at)


def _row(
    classroom: Classroom, seat: Seat, row: Row, hands: Mapping[SeatId, float],
    readings: Mapping[SeatId, Reading],
) -> SeatRow:  # fmt: skip
    is_there = seat.state is not State.ENDED
    reading = readings.get(seat.id) if is_there else None
    titles = {step.id: step.title for step in classroom.lesson.steps}
    return SeatRow(
        seat=seat.id, pod=seat.pod, name=seat.name, is_taken=seat.person is not None, state=seat.state.value,
        problem=seat.problem, is_online=classroom.online[seat.id] > 0,
        hand_raised_at=_maybe(hands.get(seat.id)) if is_there else None, step=row.step,
        step_title=next((title for id, title in titles.items() if id == row.step), ""),
        step_number=row.step_number, steps_passed=row.passed, failing=_failing(classroom, row),
        failures=row.failures, is_stuck=is_there and row.failures >= STUCK_FAILURES,
        active_at=_maybe(_active(classroom, seat, row)), claimed_at=_maybe(seat.claimed_at),
        ends_at=_maybe(seat.ends_at), memory_bytes=reading.memory_bytes if reading else None,
        cpus=reading.cpus if reading else None, processes=reading.processes if reading else None,
    )  # fmt: skip


def _failing(classroom: Classroom, row: Row) -> tuple[Failing, ...]:
    checks = {str(id): check.name for id, check in classroom.lesson.checks.items()}
    quizzes = {str(id): quiz.question.text for id, quiz in classroom.lesson.quizzes.items()}
    return tuple(
        Failing(
            id=item.item, kind="quiz" if item.item in quizzes else "check",
            name=checks.get(item.item) or quizzes.get(item.item) or item.item, times=item.times,
        )
        for item in row.items
        if item.item in row.failing
    )  # fmt: skip


def _active(classroom: Classroom, seat: Seat, row: Row) -> float | None:
    """Whatever came last."""
    found = [row.last_at, classroom.active.get(seat.id), seat.claimed_at]
    found += [typed_at(classroom, seat, name) for name in classroom.terminals.names(seat.pod)]
    return max((at for at in found if at is not None), default=None)


def typed_at(classroom: Classroom, seat: Seat, terminal: str) -> float | None:
    """When somebody last typed into it, came or went, by the wall clock."""
    session = classroom.terminals.get(seat.pod, terminal)
    if session is None or seat.person is None:
        return None
    ago_s = asyncio.get_running_loop().time() - session.active_at
    return round(classroom.pool.clock.now() - ago_s)


_ORDER: Sequence[str] = ("claimed", "broken", "resetting", "making", "warm", "ended")


def _who_waits_first(row: SeatRow) -> tuple[bool, float, int]:
    """Hands by how long they are up; then those who have a seat, whose order is the grid's; then the others."""
    hand = row.hand_raised_at
    place = _ORDER.index(row.state) if not row.is_taken or row.state == "ended" else 0
    return hand is None, hand.timestamp() if hand else 0.0, place
