"""How far everybody is, and who is stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from podlab.errors import Conflict, Invalid, NotFound
from podlab.lesson import Lesson, load
from podlab.lesson.lesson import StepId
from podlab.naming import PodName
from podlab.workshop import tables
from podlab.workshop.events import Broadcast, Progressed
from podlab.workshop.progress import Progress
from podlab.workshop.seat import Seat, SeatId, State
from podlab.workshop.store import Store
from tests.clock import ManualClock

STEPS = {
    "01-start.md": "# Start\n\nRead this.\n",
    "02-pull.md": '# Pull\n\n```sh {check="it is there" opens-next}\ntrue\n```\n\n'
    ":::quiz What is shared?\n- [x] network\n- [ ] processes\n- [x] names\n:::\n",
    "03-push.md": '# Push\n\n```sh {check="it is pushed"}\ntrue\n```\n',
}
ONE, TWO, THREE = (SeatId(n) for n in (1, 2, 3))


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    folder = tmp_path / "lesson"
    folder.mkdir()
    for name, text in STEPS.items():
        (folder / name).write_text(text)
    return load(folder)


@pytest.fixture
async def progress(lesson: Lesson, store: Store, clock: ManualClock) -> Progress:
    for id in (ONE, TWO, THREE):
        seat = Seat(id=id, pod=PodName(f"lab-{id}"), state=State.WARM, created_at=0.0)
        await store.call(lambda db, seat=seat: tables.save(db, seat, 0.0))  # type: ignore[misc]
    return Progress(lesson, store, clock)


def ids(lesson: Lesson) -> tuple[list[StepId], list[str], str]:
    checks = [check.id for step in lesson.steps for check in step.checks]
    return [step.id for step in lesson.steps], [str(c) for c in checks], next(iter(lesson.quizzes))


async def states(progress: Progress, seat: SeatId) -> dict[str, str]:
    return {item.item: item.state for item in await progress.of(seat)}


async def test_a_step_that_asks_nothing_is_passed_when_it_is_opened(
    progress: Progress, lesson: Lesson
) -> None:
    await progress.open(ONE, lesson.steps[0].id)
    assert await states(progress, ONE) == {lesson.steps[0].id: "passed"}
    with pytest.raises(NotFound, match="no step 'nine'"):
        await progress.open(ONE, StepId("nine"))


async def test_a_check_that_has_passed_once_stays_so(progress: Progress, lesson: Lesson) -> None:
    check = lesson.steps[2].checks[0].id
    await progress.check(ONE, check, has_passed=False)
    await progress.check(ONE, check, has_passed=True)
    await progress.check(ONE, check, has_passed=False)
    (item,) = [i for i in await progress.of(ONE) if i.item == check]
    assert (item.state, item.times) == ("passed", 3)


async def test_what_fails_by_itself_is_no_failure(progress: Progress, lesson: Lesson) -> None:
    check = lesson.steps[2].checks[0].id
    await progress.check(ONE, check, has_passed=False, is_automatic=True)
    assert await states(progress, ONE) == {}
    await progress.check(ONE, check, has_passed=True, is_automatic=True)
    assert (await states(progress, ONE))[check] == "passed"


async def test_the_next_step_opens_when_the_lesson_or_the_trainer_says(
    progress: Progress, lesson: Lesson
) -> None:
    first, second, third = (step.id for step in lesson.steps)
    await progress.open(ONE, second)
    with pytest.raises(Conflict, match="opens when 'Pull' is passed"):
        await progress.open(ONE, third)
    await progress.check(ONE, lesson.steps[1].checks[0].id, has_passed=True)
    await progress.open(ONE, third)  # the quiz need not be answered for that
    await progress.unlock(TWO, third)
    await progress.open(TWO, third)
    assert await states(progress, TWO) == {first: "passed", second: "passed", third: "opened"}


async def test_answers_are_graded_counted_and_pass_the_step(progress: Progress, lesson: Lesson) -> None:
    step, (quiz,) = lesson.steps[1], lesson.quizzes.values()
    right = [choice.id for choice in quiz.choices if choice.is_right]
    wrong = [choice.id for choice in quiz.choices if not choice.is_right]
    await progress.open(ONE, step.id)
    await progress.check(ONE, step.checks[0].id, has_passed=True)
    for attempt, (choices, is_right, is_partly) in enumerate(
        [(wrong, False, False), (right[:1], False, True), (right, True, False), (wrong, False, False)], 1
    ):
        graded, answer = await progress.answer(ONE, quiz.id, choices)
        assert (graded.is_right, graded.is_partly_right, answer.attempt) == (is_right, is_partly, attempt)
        assert (await states(progress, ONE))[step.id] == ("passed" if attempt >= 3 else "opened")
    assert [(a.attempt, a.is_right) for a in await progress.answers()] == [
        (1, False), (2, False), (3, True), (4, False),
    ]  # fmt: skip
    with pytest.raises(Invalid):
        await progress.answer(ONE, quiz.id, ["nothing"])
    assert len(await progress.answers()) == 4


async def test_whoever_is_stuck_comes_first(progress: Progress, lesson: Lesson, clock: ManualClock) -> None:
    check = lesson.steps[1].checks[0].id
    for seat in (ONE, TWO, THREE):
        await progress.open(seat, lesson.steps[0].id)
    await clock.pass_(60)
    await progress.open(TWO, lesson.steps[1].id)
    await progress.check(TWO, check, has_passed=True)
    await progress.open(THREE, lesson.steps[1].id)
    assert [row.seat for row in await progress.grid([ONE, TWO, THREE])] == [1, 2, 3]  # nothing happens on 1
    for _ in range(3):
        await progress.check(THREE, check, has_passed=False)
    rows = await progress.grid([ONE, TWO, THREE])
    assert [row.seat for row in rows] == [3, 1, 2]
    assert (rows[0].step_number, rows[0].failing, rows[0].failures) == (2, (check,), 3)
    assert (rows[1].step_number, rows[1].passed, rows[1].last_at) == (1, 1, clock.now() - 60)
    await progress.check(THREE, check, has_passed=True)
    assert (await progress.grid([ONE, TWO, THREE]))[0].seat == 1
    assert [row.seat for row in await progress.grid([SeatId(9)])] == [9]


async def test_every_change_is_told_once(
    lesson: Lesson, store: Store, progress: Progress, clock: ManualClock
) -> None:
    broadcast = Broadcast()
    progress = Progress(lesson, store, clock, broadcast=broadcast)
    check = lesson.steps[2].checks[0].id
    with broadcast.watch() as watcher:
        await progress.check(ONE, check, has_passed=False)
        await progress.check(ONE, check, has_passed=False)
        await progress.check(ONE, check, has_passed=True)
        assert list(watcher._queue) == [
            Progressed(ONE, check, "failed"),
            Progressed(ONE, check, "passed"),
            Progressed(ONE, lesson.steps[2].id, "passed"),
        ]
