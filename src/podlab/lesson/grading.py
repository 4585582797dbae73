"""Whether an answer is right. It happens where the right answers are: on the server."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from podlab.errors import Invalid
from podlab.lesson.lesson import Quiz


@dataclass(frozen=True, slots=True)
class Grade:
    """`is_partly_right`: not right, and some right answer is among those chosen. Which one, and how many there are,
    is not said, so that it can be tried again."""

    is_right: bool
    is_partly_right: bool


def grade(quiz: Quiz, answers: Collection[str]) -> Grade:
    """Right is exactly the set of right choices. `Invalid` for an answer that the quiz does not have, or for
    several where one is asked for; no answer at all is a wrong one."""
    chosen = set(answers)
    if unknown := chosen - {choice.id for choice in quiz.choices}:
        raise Invalid(f"the quiz has no choice {min(unknown)!r}", subject=quiz.id, hint="load the page again")
    if len(chosen) > 1 and not quiz.is_multiple:
        raise Invalid("the quiz takes one answer", subject=quiz.id)
    right = {choice.id for choice in quiz.choices if choice.is_right}
    is_right = chosen == right
    return Grade(is_right=is_right, is_partly_right=not is_right and bool(chosen & right))
