"""What the attendee's page asks for and says. `web/README.md` tells what it makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from aiohttp import web

from podlab.errors import Conflict, Invalid, NotFound, Unavailable
from podlab.lesson.grading import grade
from podlab.lesson.lesson import CheckId, CommandId, QuizId, StepId
from podlab.lesson.render import explain
from podlab.portal import live, seats, visitors
from podlab.portal.api import describe
from podlab.portal.api.audience import ATTENDEE
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Length
from podlab.portal.classroom import CLASSROOM
from podlab.portal.pages.seat import ASSETS, iso
from podlab.workshop.events import Event, HandChanged, Message, Missed, Progressed, SeatChanged
from podlab.workshop.progress import ItemState
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from podlab.lesson.lesson import Quiz
    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat
    from podlab.workshop.tables import Answer

Name = Annotated[str, Length(100, 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizResult:
    """`attempts_left` is null where there is no limit. `explanation` is HTML of harmless elements."""

    result: Literal["right", "partly", "wrong"]
    attempts: int
    attempts_left: int | None
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`unlocked` are the steps that nothing keeps closed."""

    done: tuple[str, ...]
    unlocked: tuple[str, ...]
    checks: dict[str, Literal["passed", "failed"]]
    quizzes: dict[str, QuizResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """`output` is what the check printed, and the lesson's hint where it failed. Plain text."""

    status: Literal["passed", "failed", "error"]
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheck:
    automatic: Annotated[bool, "whether the page asks by itself; such a failure does not count"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    raised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    choices: Annotated[tuple[Annotated[str, Length(40)], ...], Length(50, 1)]


@operation("GET", "/seat/api/progress", who=ATTENDEE, errors=(Conflict,))
async def progress(request: web.Request) -> Standing:
    """How far the seat is in the lesson."""
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)
    items = {item.item: item for item in await classroom.progress.of(mine.id)}
    passed = {name for name, item in items.items() if item.state == ItemState.PASSED}
    lesson = classroom.lesson
    answers = {each.quiz: each for each in await classroom.progress.answers_of(mine.id)}
    return Standing(
        done=tuple(step.id for step in lesson.steps if step.id in passed),
        unlocked=tuple(await classroom.progress.open_steps(mine.id)),
        checks={each: "passed" if each in passed else "failed" for each in lesson.checks if each in items},
        quizzes={
            each: _result(request, mine, lesson.quizzes[QuizId(each)], answer)
            for each, answer in answers.items()
            if each in lesson.quizzes
        },
    )


@operation("POST", "/seat/api/steps/{step}/opened", who=ATTENDEE, errors=(NotFound, Conflict))
async def opened(request: web.Request, step: Name) -> None:
    """The page shows this step now."""
    await request.app[CLASSROOM].progress.open(visitors.attendee(request).id, StepId(step))


@operation("POST", "/seat/api/commands/{command}/ran", who=ATTENDEE, errors=(NotFound, Conflict))
async def ran(request: web.Request, command: Name) -> None:
    """A command was sent to its terminal."""
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)
    if CommandId(command) not in classroom.lesson.commands:
        raise NotFound(f"the lesson has no command {command!r}", subject=command)
    classroom.active[mine.id] = classroom.pool.clock.now()


@operation("POST", "/seat/api/checks/{check}", who=ATTENDEE, errors=(NotFound, Conflict, Unavailable))
async def check(request: web.Request, check: Name, body: RunCheck) -> CheckResult:
    """Run a check in the seat."""
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)
    found = classroom.lesson.checks.get(CheckId(check))
    if found is None:
        raise NotFound(f"the lesson has no check {check!r}", subject=check)
    await classroom.progress.require_open(mine.id, classroom.progress.step_of(check))
    if mine.state is not State.CLAIMED:
        raise Unavailable(f"seat {mine.pod} is not ready yet", subject=mine.pod, hint="try again in a moment")
    outcome = await classroom.checker.run(mine.pod, found, seats.values(request, mine))
    if outcome.status != "error":
        await classroom.progress.check(
            mine.id, found.id, has_passed=outcome.status == "passed", is_automatic=body.automatic
        )
    return CheckResult(status=outcome.status, output=outcome.text)


@operation("POST", "/seat/api/quizzes/{quiz}", who=ATTENDEE, errors=(NotFound, Conflict))
async def answer(request: web.Request, quiz: Name, body: Choices) -> QuizResult:
    """Answer a quiz; every answer counts as an attempt."""
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)
    found = classroom.lesson.quizzes.get(QuizId(quiz))
    if found is None:
        raise NotFound(f"the lesson has no quiz {quiz!r}", subject=quiz)
    await classroom.progress.require_open(mine.id, classroom.progress.step_of(quiz))
    _, made = await classroom.progress.answer(mine.id, found.id, body.choices)
    return _result(request, mine, found, made)


@operation("POST", "/seat/api/hand", who=ATTENDEE, errors=(Conflict,))
async def hand(request: web.Request, body: Hand) -> None:
    """Raise a hand, or lower it. The trainer sees it."""
    await request.app[CLASSROOM].hands.set(visitors.attendee(request).id, body.raised)


@operation("GET", "/seat/api/events", who=ATTENDEE, errors=(Conflict,), gives="text/event-stream")
async def events(request: web.Request) -> web.StreamResponse:
    """What happens, as server-sent events.

    `clock` {"ends"}, `message` {"text"}, `progress` {}, `hand` {"raised"}, and `seat` {"state"} when the page is to be
    loaded again.
    """
    classroom, mine = request.app[CLASSROOM], visitors.attendee(request)

    def tell(event: Event) -> Iterable[live.Told]:
        return _told(classroom, mine, event)

    with classroom.present(mine.id):
        first: list[live.Told] = []
        if mine.ends_at is not None:
            first.append(("clock", {"ends": iso(mine.ends_at)}))
        first += [("message", {"text": text}) for text in await classroom.messages.waiting(mine.id)]
        return await live.stream(request, tell, first=first)


def routes() -> list[web.RouteDef]:
    return describe.routes(progress, opened, ran, check, answer, hand, events)


def _told(classroom: Classroom, mine: Seat, event: Event) -> Iterable[live.Told]:
    match event:
        case SeatChanged(seat) if seat.id == mine.id:
            if seat.state is not State.CLAIMED or seat.person != mine.person:
                yield "seat", {"state": seat.state}
            elif seat.ends_at is not None:
                yield "clock", {"ends": iso(seat.ends_at)}
        case Progressed(seat=id) if id == mine.id:
            yield "progress", {}
        case HandChanged(seat=id, is_raised=is_raised) if id == mine.id:
            yield "hand", {"raised": is_raised}
        case Message(text, to) if to == mine.id:
            yield "message", {"text": text}
        case Missed():
            now = classroom.pool.seat(mine.id)
            yield "progress", {}
            yield from _told(classroom, mine, SeatChanged(now))


def _result(request: web.Request, seat: Seat, quiz: Quiz, answer: Answer) -> QuizResult:
    return QuizResult(
        result=_grade(quiz, answer), attempts=answer.attempt, attempts_left=None,
        explanation=explain(quiz, seats.values(request, seat), words=seats.words(request), assets=ASSETS),
    )  # fmt: skip


def _grade(quiz: Quiz, answer: Answer) -> Literal["right", "partly", "wrong"]:
    if answer.is_right:
        return "right"
    try:
        return "partly" if grade(quiz, answer.choices).is_partly_right else "wrong"
    except Invalid:  # the quiz is another one since
        return "wrong"
