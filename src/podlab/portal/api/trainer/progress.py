"""How the class is doing: quizzes, exports, and who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from aiohttp import web

from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Range
from podlab.portal.api.trainer.board import when
from podlab.portal.classroom import CLASSROOM
from podlab.workshop import tables
from podlab.workshop.export import as_csv
from podlab.workshop.tally import tallies


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One choice, and how many seats have it in their last answer."""

    choice: str
    text: str
    is_right: bool
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizTally:
    """`answered`, `right` and `right_at_first` count seats, `attempts` all answers."""

    quiz: str
    step: str
    step_title: str
    question: str
    is_multiple: bool
    answered: int
    right: int
    right_at_first: int
    attempts: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quizzes:
    quizzes: tuple[QuizTally, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemProgress:
    """A step (opened or passed), check or quiz (failed or passed) of one seat; `times` it was tried."""

    id: str
    state: str
    first_at: datetime
    at: datetime
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizAnswer:
    quiz: str
    attempt: int
    choices: tuple[str, ...]
    is_right: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatProgress:
    seat: int
    pod: str
    name: str
    state: str
    claimed_at: datetime | None
    ends_at: datetime | None
    steps_passed: int
    items: tuple[ItemProgress, ...]
    answers: tuple[QuizAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Everything that is known of how far everybody came."""

    workshop: str
    at: datetime
    steps: tuple[Step, ...]
    seats: tuple[SeatProgress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The oldest first."""

    entries: tuple[AuditEntry, ...]


@operation("GET", "/trainer/api/quizzes", who=TRAINER)
async def quizzes(request: web.Request) -> Quizzes:
    """Results of all quizzes, by everybody's last answer."""
    classroom = request.app[CLASSROOM]
    found = tallies(classroom.lesson, await classroom.progress.answers())
    return Quizzes(
        quizzes=tuple(
            QuizTally(
                quiz=each.quiz.id, step=each.step.id, step_title=each.step.title, question=each.quiz.question.text,
                is_multiple=each.quiz.is_multiple, answered=each.answered, right=each.right,
                right_at_first=each.right_at_first, attempts=each.attempts,
                bars=tuple(
                    Bar(choice=c.id, text=c.prose.text, is_right=c.is_right, seats=each.chosen[c.id])
                    for c in each.quiz.choices
                ),
            )
            for each in found
        )
    )  # fmt: skip


@operation("GET", "/trainer/api/progress.csv", who=TRAINER, gives="text/csv")
async def progress_csv(request: web.Request) -> web.StreamResponse:
    """Everybody's progress for spreadsheets: a line for each seat that somebody has or had."""
    classroom = request.app[CLASSROOM]
    seats = [seat for seat in classroom.pool.seats if seat.claimed_at is not None]
    rows = await classroom.progress.grid([seat.id for seat in seats])
    return web.Response(
        text=as_csv(classroom.lesson, seats, rows), content_type="text/csv", charset="utf-8",
        headers=_download(request, "csv"),
    )  # fmt: skip


@operation("GET", "/trainer/api/progress.json", who=TRAINER)
async def progress_json(request: web.Request) -> Export:
    """Everybody's progress, with every answer to every quiz."""
    classroom = request.app[CLASSROOM]
    seats = [seat for seat in classroom.pool.seats if seat.claimed_at is not None]
    rows = {row.seat: row for row in await classroom.progress.grid([seat.id for seat in seats])}
    answers = await classroom.progress.answers()
    return Export(
        workshop=classroom.workshop.metadata.name, at=when(classroom.pool.clock.now()),
        steps=tuple(Step(id=step.id, title=step.title) for step in classroom.lesson.steps),
        seats=tuple(
            SeatProgress(
                seat=seat.id, pod=seat.pod, name=seat.name, state=seat.state.value,
                claimed_at=when(seat.claimed_at) if seat.claimed_at is not None else None,
                ends_at=when(seat.ends_at) if seat.ends_at is not None else None,
                steps_passed=rows[seat.id].passed,
                items=tuple(
                    ItemProgress(id=i.item, state=i.state, first_at=when(i.first_at), at=when(i.at), times=i.times)
                    for i in rows[seat.id].items
                ),
                answers=tuple(
                    QuizAnswer(quiz=a.quiz, attempt=a.attempt, choices=a.choices, is_right=a.is_right, at=when(a.at))
                    for a in answers
                    if a.seat == seat.id
                ),
            )
            for seat in seats
        ),
    )  # fmt: skip


@operation("GET", "/trainer/api/audit", who=TRAINER)
async def audit(request: web.Request, newest: Annotated[int, Range(1, 10_000)] = 200) -> Audit:
    """Who did what, as far as the trainer, the attendees and the pool change anything."""
    deeds = await request.app[CLASSROOM].store.call(lambda db: tables.deeds(db, newest=newest))
    return Audit(entries=tuple(AuditEntry(at=when(each.at), who=each.who, what=each.what) for each in deeds))


def _download(request: web.Request, ending: str) -> dict[str, str]:
    name = request.app[CLASSROOM].workshop.metadata.name
    return {"Content-Disposition": f'attachment; filename="{name}-progress.{ending}"'}


HANDLERS: Final = (quizzes, progress_csv, progress_json, audit)
