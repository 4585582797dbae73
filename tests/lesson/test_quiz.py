from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podlab.errors import Invalid
from podlab.lesson import Quiz, grade, load_workshop
from podlab.lesson.grading import Grade
from podlab.lesson.render import render
from tests.lesson.lesson_texts import refused, step

RIGHT, PARTLY, WRONG = Grade(True, False), Grade(False, True), Grade(False, False)
EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"


def quiz(choices: str, question: str = "Q?") -> Quiz:
    return step(f":::quiz {question}\n{choices}\n:::\n").quizzes[0]


def ids(made: Quiz, letters: str) -> set[str]:
    return {choice.id for choice in made.choices if choice.prose.text in letters}


def test_right_is_exactly_the_set_of_right_choices() -> None:
    made = quiz("- [x] a\n- [ ] b\n- [X] c\n- [ ] d")
    told = {
        letters: grade(made, ids(made, letters)) for letters in ("ac", "a", "ab", "abcd", "bd", "", "abc")
    }
    assert told == {
        "ac": RIGHT, "a": PARTLY, "ab": PARTLY, "abcd": PARTLY, "abc": PARTLY, "bd": WRONG, "": WRONG,
    }  # fmt: skip


def test_a_single_choice_is_right_or_wrong() -> None:
    made = quiz("- ( ) a\n- (x) b")
    assert not made.is_multiple
    assert (grade(made, ids(made, "b")), grade(made, ids(made, "a"))) == (RIGHT, WRONG)
    with pytest.raises(Invalid):
        grade(made, ids(made, "ab"))


def test_an_answer_that_the_quiz_does_not_have_is_refused() -> None:
    with pytest.raises(Invalid):
        grade(quiz("- [x] a\n- [ ] b"), {"x"})


def test_the_quizzes_of_the_shipped_lesson_are_graded() -> None:
    quizzes = list(load_workshop(EXAMPLE)[1].quizzes.values())
    assert len(quizzes) == 2
    for made in quizzes:
        right = {choice.id for choice in made.choices if choice.is_right}
        wrong = {choice.id for choice in made.choices} - right
        assert grade(made, right) == RIGHT
        assert grade(made, set(list(right)[:1])) == PARTLY
        assert grade(made, right | wrong) == PARTLY
        assert grade(made, wrong) == WRONG


def test_a_question_may_stand_below_and_have_more_to_it() -> None:
    made = step(
        ":::quiz\nWhat is *this*?\n\n```sh\nls\n```\n\n* [x] `a`\n* [ ] b\n\nBecause.\n\n- it is\n:::\n"
    ).quizzes[0]
    assert made.question.text == "What is this?"
    assert [choice.prose.text for choice in made.choices] == ["a", "b"]
    assert made.explanation is not None
    assert made.explanation.text == "Because. it is"


def test_ids_outlive_another_order_other_marks_and_other_choices() -> None:
    one, two = quiz("- [x] a\n- [ ] b"), quiz("- [x] c\n- [x] b\n- [ ] a")
    assert one.id == two.id
    assert {c.prose.text: c.id for c in one.choices}.items() <= {
        c.prose.text: c.id for c in two.choices
    }.items()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (":::quiz\n- [x] a\n- [ ] b\n:::", "1:1: a quiz needs a question: ':::quiz What is …?'"),
        (":::quiz Q?\ntext\n:::", "1:1: a quiz needs choices: a list of '- [ ] wrong' and '- [x] right'"),
        (":::quiz Q?\n1. [x] a\n2. [ ] b\n:::", "1:1: a quiz needs choices"),
        (":::quiz Q?\n- [ ] a\n- [ ] b\n:::", "1:1: no choice is right; mark the right ones with '[x]'"),
        (":::quiz Q?\n- (x) a\n- (x) b\n:::", "1:1: several choices are right; write '[ ]' and '[x]'"),
        (
            ":::quiz Q?\n- [x] a\n- ( ) b\n:::",
            "1:1: choices are all '[ ]', any number of which may be right,",
        ),
        (":::quiz Q?\n- [x] a\n:::", "1:1: one choice is no choice; add another"),
        (":::quiz Q?\n- [x] a\n- b\n- [ ] c\n:::", "3:1: a choice begins with '[ ]' or, where it is right,"),
        (":::quiz Q?\n- [x] a\n- [y] b\n- [ ] c\n:::", "3:1: a choice begins with '[ ]'"),
        (":::quiz Q?\n- [x] a\n- [ ] a\n:::", "3:1: this choice stands twice"),
        (":::quiz Q?\n- [x] a\n- [ ]\n:::", "3:1: this choice is empty"),
        (":::quiz Q?\n- [x] a\n- [ ] b\n  - c\n:::", "3:1: a choice is one paragraph"),
        (
            ":::quiz Q?\n```sh {run}\nls\n```\n- [x] a\n- [ ] b\n:::",
            "2:1: commands and checks cannot stand inside",
        ),
        (":::quiz Q?\n- [x] a\n- [ ] b\n", "1:1: the block ':::quiz' never ends"),
    ],
)
def test_problems_of_a_quiz_are_told(text: str, told: str) -> None:
    assert refused(text)[0].removeprefix("01-a.md:")[: len(told)] == told


WORDS = st.text(st.sampled_from("abcxX[]()`*_<>&\"' -"), min_size=1, max_size=8).map(lambda text: f"w{text}w")


@st.composite
def twins(draw: st.DrawFn) -> tuple[str, str]:
    """Two quizzes that differ in nothing but which choices are right."""
    choices = draw(st.lists(WORDS, min_size=2, max_size=6, unique=True))
    last = len(choices) - 1
    if draw(st.booleans()):
        marks = [{draw(st.integers(0, last))} for _ in range(2)]
        brackets = "()"
    else:
        marks = [draw(st.sets(st.integers(0, last), min_size=1)) for _ in range(2)]
        brackets = "[]"
    one, two = (
        "\n".join(
            f"- {brackets[0]}{'x' if n in right else ' '}{brackets[1]} {c}" for n, c in enumerate(choices)
        )
        for right in marks
    )
    explained = draw(st.booleans())
    tail = "\n\nIt is {}.".format
    return one + (tail("one") if explained else ""), two + (tail("two") if explained else "")


@given(twins())
@settings(max_examples=300, deadline=None)
def test_the_page_is_the_same_whichever_answers_are_right(texts: tuple[str, str]) -> None:
    """So nothing in it can tell: no attribute, no class, no order, no comment, no id."""
    try:
        one, two = (step(f":::quiz Q?\n{text}\n:::\n") for text in texts)
    except (Invalid, pytest.fail.Exception):
        return
    assert render(one, {}) == render(two, {})
