"""What the trainer is shown of quizzes, and the file of who has done what."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from podlab.lesson.lesson import Lesson
from podlab.lesson.loading import load
from podlab.naming import PodName
from podlab.workshop.export import as_csv
from podlab.workshop.progress import Row
from podlab.workshop.seat import Seat, SeatId, State
from podlab.workshop.tables import Answer, Item
from podlab.workshop.tally import tallies

STEP = """# One
:::quiz Which?
- [x] this
- [ ] that
:::
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    (tmp_path / "01-one.md").write_text(STEP)
    return load(tmp_path)


def answer(seat: int, quiz: str, attempt: int, choice: str, *, is_right: bool) -> Answer:
    return Answer(seat=SeatId(seat), quiz=quiz, attempt=attempt, choices=(choice,), is_right=is_right, at=0)


def test_a_seat_counts_once_by_its_last_answer(lesson: Lesson) -> None:
    (quiz,) = lesson.quizzes.values()
    this, that = (choice.id for choice in quiz.choices)
    (found,) = tallies(
        lesson,
        [
            answer(1, quiz.id, 1, that, is_right=False),
            answer(1, quiz.id, 2, this, is_right=True),
            answer(2, quiz.id, 1, that, is_right=False),
            answer(3, quiz.id, 1, this, is_right=True),
            answer(3, "a quiz of before", 1, "x", is_right=True),
        ],
    )
    assert (found.answered, found.right, found.right_at_first, found.attempts) == (3, 2, 1, 4)
    assert found.chosen == {this: 2, that: 1}


def test_a_name_is_never_a_formula_in_a_spreadsheet(lesson: Lesson) -> None:
    (step,) = lesson.steps
    items = (Item(seat=SeatId(1), item=step.id, state="opened", first_at=0, at=5, times=1),)
    seats = [
        Seat(id=SeatId(1), pod=PodName("lab-01"), state=State.CLAIMED, created_at=0, name='=HYPERLINK("x")'),
        Seat(id=SeatId(2), pod=PodName("lab-02"), state=State.ENDED, created_at=0, name="Ann, Bob"),
    ]
    text = as_csv(lesson, seats, [Row(seat=SeatId(1), step=step.id, step_number=1, last_at=5, items=items)])
    one, two = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert one["name"] == '\'=HYPERLINK("x")'
    assert (one[f"step {step.id}"], one["last_at"]) == ("opened", "1970-01-01T00:00:05Z")
    assert (two["name"], two["steps_passed"]) == ("Ann, Bob", "0")
