"""How far everybody is: steps opened and passed, checks, quiz answers; and who is stuck."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from podlab.clock import Clock, SystemClock
from podlab.errors import Conflict, NotFound
from podlab.lesson.grading import Grade, grade
from podlab.workshop import tables
from podlab.workshop.events import Broadcast, Progressed
from podlab.workshop.tables import Answer, Item

if TYPE_CHECKING:
    import sqlite3

    from podlab.lesson.lesson import CheckId, Lesson, QuizId, Step, StepId
    from podlab.workshop.seat import SeatId
    from podlab.workshop.store import Store


class ItemState(StrEnum):
    OPENED = "opened"  # a step that was looked at
    FAILED = "failed"  # a check or quiz that was tried in vain
    PASSED = "passed"  # for good


STUCK_FAILURES: Final = 3
"""Failures of one thing in a row that say more than time does: all who have so many come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One seat in the trainer's grid. `step` is the last one that was opened, `step_number` counts from 1;
    `failing` are its checks and quizzes that were tried and do not pass, `failures` how often in all.
    `last_at` is when anything happened last, None for a seat that has not begun."""

    seat: SeatId
    step: str = ""
    step_number: int = 0
    passed: int = 0
    failing: tuple[str, ...] = ()
    failures: int = 0
    last_at: float | None = None
    items: tuple[Item, ...] = field(default=(), repr=False)


class Progress:
    """Of all seats in one lesson. Every call returns when what it says is on the disk."""

    def __init__(
        self, lesson: Lesson, store: Store, clock: Clock | None = None, *, broadcast: Broadcast | None = None
    ) -> None:
        self._lesson, self._store = lesson, store
        self._clock = clock or SystemClock()
        self._broadcast = broadcast or Broadcast()
        self._numbers: dict[str, int] = {step.id: number for number, step in enumerate(lesson.steps)}
        self._step_of = {each: step.id for step in lesson.steps for each in _tasks(step)}

    async def open(self, seat: SeatId, step: StepId) -> None:
        """`NotFound` where the lesson has no such step, `Conflict` while a step before it keeps it closed."""
        await self.require_open(seat, step)
        await self._record(seat, step, ItemState.OPENED)
        await self._pass_step(seat, step)

    async def require_open(self, seat: SeatId, step: StepId) -> None:
        """Errors as `open`."""
        if (closed_by := await self._closed_by(seat, step)) is not None:
            raise Conflict(
                f"step '{step}' opens when '{closed_by.title}' is passed", subject=step, hint=closed_by.id
            )

    async def open_steps(self, seat: SeatId) -> list[StepId]:
        """Those that no check before them keeps closed."""
        return [step.id for step in self._lesson.steps if await self._closed_by(seat, step.id) is None]

    def step_of(self, item: str) -> StepId:
        """Where a check or quiz stands. `NotFound`."""
        if item not in self._step_of:
            raise NotFound(f"the lesson has no check or quiz '{item}'", subject=item)
        return self._step_of[item]

    async def check(
        self, seat: SeatId, check: CheckId, *, has_passed: bool, is_automatic: bool = False
    ) -> None:
        """A check was run. One that has passed once stays so. A failure counts, unless the check ran by itself.
        `NotFound` where the lesson has no such check."""
        if check not in self._lesson.checks:
            raise NotFound(f"the lesson has no check '{check}'", subject=check)
        if has_passed:
            await self._record(seat, check, ItemState.PASSED)
            await self._pass_step(seat, self._step_of[check])
        elif not is_automatic:
            await self._record(seat, check, ItemState.FAILED)

    async def answer(self, seat: SeatId, quiz: QuizId, choices: Collection[str]) -> tuple[Grade, Answer]:
        """Graded and counted as an attempt. `NotFound` where the lesson has no such quiz; `Invalid` as
        `lesson.grade`, which counts as none."""
        if quiz not in self._lesson.quizzes:
            raise NotFound(f"the lesson has no quiz '{quiz}'", subject=quiz)
        graded = grade(self._lesson.quizzes[quiz], choices)
        now = self._clock.now()
        state = ItemState.PASSED if graded.is_right else ItemState.FAILED

        def write(db: sqlite3.Connection) -> tuple[Answer, bool]:
            made = tables.answer(db, seat, quiz, sorted(choices), graded.is_right, now)
            return made, tables.record(db, seat, quiz, state, now, keep=_FOR_GOOD)

        made, has_changed = await self._store.call(write)
        if has_changed:
            self._broadcast.tell(Progressed(seat, quiz, state))
        await self._pass_step(seat, self._step_of[quiz])
        return graded, made

    async def unlock(self, seat: SeatId, step: StepId) -> None:
        """The trainer's word: the steps before it keep it closed no longer."""
        for earlier in self._lesson.steps[: self._number(step)]:
            await self._record(seat, earlier.id, ItemState.PASSED)

    async def of(self, seat: SeatId) -> Sequence[Item]:
        """Everything that this seat has touched, in the order in which it did first."""
        return await self._store.call(lambda db: tables.items(db, seat))

    async def answers_of(self, seat: SeatId) -> Sequence[Answer]:
        """This seat's attempts, by quiz and attempt."""
        return await self._store.call(lambda db: tables.answers(db, seat))

    async def answers(self) -> Sequence[Answer]:
        """All attempts at all quizzes, by seat, quiz and attempt."""
        return await self._store.call(tables.answers)

    async def grid(self, seats: Collection[SeatId]) -> list[Row]:
        """A row for each of these seats, whoever is stuck first: by failures in vain, then by how far behind,
        then by how long nothing has happened."""
        by_seat: dict[SeatId, list[Item]] = {seat: [] for seat in seats}
        for item in await self._store.call(tables.items):
            if item.seat in by_seat:
                by_seat[item.seat].append(item)
        rows = [self._row(seat, items) for seat, items in by_seat.items()]
        return sorted(rows, key=_stuck_first)

    # --- inside

    def _row(self, seat: SeatId, items: Sequence[Item]) -> Row:
        opened = [item for item in items if item.item in self._numbers]
        last = max(opened, key=lambda i: (i.at, self._numbers[i.item]), default=None)
        failing = [i for i in items if i.state == ItemState.FAILED]
        return Row(
            seat=seat,
            step=last.item if last else "",
            step_number=self._numbers[last.item] + 1 if last else 0,
            passed=sum(i.state == ItemState.PASSED for i in opened),
            failing=tuple(i.item for i in failing),
            failures=sum(i.times for i in failing),
            last_at=max((i.at for i in items), default=None),
            items=tuple(items),
        )

    def _number(self, step: str) -> int:
        if step not in self._numbers:
            raise NotFound(f"the lesson has no step '{step}'", subject=step)
        return self._numbers[step]

    async def _closed_by(self, seat: SeatId, step: StepId) -> Step | None:
        before = self._lesson.steps[: self._number(step)]
        gates = [s for s in before if any(check.opens_next for check in s.checks)]
        if not gates:
            return None
        passed = {i.item for i in await self.of(seat) if i.state == ItemState.PASSED}
        for each in gates:
            needed = {check.id for check in each.checks if check.opens_next}
            if each.id not in passed and not needed <= passed:
                return each
        return None

    async def _pass_step(self, seat: SeatId, step: str) -> None:
        """A step is passed when all of its checks and quizzes are; one without any, when it was opened."""
        found = self._lesson.steps[self._number(step)]
        needed = _tasks(found)
        items = {i.item: i.state for i in await self.of(seat)}
        if (
            all(items.get(each) == ItemState.PASSED for each in needed)
            and items.get(step) != ItemState.PASSED
        ):
            await self._record(seat, step, ItemState.PASSED)

    async def _record(self, seat: SeatId, item: str, state: ItemState) -> None:
        now = self._clock.now()
        if await self._store.call(lambda db: tables.record(db, seat, item, state, now, keep=_FOR_GOOD)):
            self._broadcast.tell(Progressed(seat, item, state))


def _tasks(step: Step) -> set[str]:
    """What has to pass for the step to be passed."""
    return {check.id for check in step.checks} | {quiz.id for quiz in step.quizzes}


_FOR_GOOD: Final = (ItemState.PASSED,)


def _stuck_first(row: Row) -> tuple[bool, int, float, SeatId]:
    is_stuck = row.failures >= STUCK_FAILURES
    return not is_stuck, row.passed, row.last_at if row.last_at is not None else float("inf"), row.seat
