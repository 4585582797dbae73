"""How a class has answered its quizzes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podlab.lesson.lesson import Lesson, Quiz, Step
    from podlab.workshop.seat import SeatId
    from podlab.workshop.tables import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of one quiz. `chosen`: choice → by how many seats, in their last answers; `right_at_first` counts the seats
    whose first answer was right."""

    step: Step
    quiz: Quiz
    answered: int
    right: int
    right_at_first: int
    attempts: int
    chosen: Mapping[str, int]


def tallies(lesson: Lesson, answers: Iterable[Answer]) -> list[Tally]:
    """One for each quiz of the lesson, in its order; answers to quizzes that it no longer has are left out.
    `answers` are in the order of their attempts."""
    by_quiz: dict[str, dict[SeatId, list[Answer]]] = {}
    for each in answers:
        by_quiz.setdefault(each.quiz, {}).setdefault(each.seat, []).append(each)
    return [
        _tally(step, quiz, by_quiz.get(quiz.id, {})) for step in lesson.steps for quiz in step.quizzes
    ]  # fmt: skip


def _tally(step: Step, quiz: Quiz, by_seat: Mapping[SeatId, list[Answer]]) -> Tally:
    last = [attempts[-1] for attempts in by_seat.values()]
    chosen = Counter(choice for each in last for choice in each.choices)
    return Tally(
        step=step, quiz=quiz, answered=len(last), right=sum(each.is_right for each in last),
        right_at_first=sum(attempts[0].is_right for attempts in by_seat.values()),
        attempts=sum(map(len, by_seat.values())),
        chosen={choice.id: chosen[choice.id] for choice in quiz.choices},
    )  # fmt: skip
