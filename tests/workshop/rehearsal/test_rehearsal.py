"""What a rehearsal calls a failure, on an engine in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from podlab.errors import Unavailable
from podlab.testing.fake import FakeEngine
from podlab.workshop import rehearsal
from podlab.workshop.making import POOL, WORKSHOP
from podlab.workshop.rehearsal import Begun, Event, Ready, Report, Result, attendee, disguised, terminal
from tests.workshop.conftest import workshop_of
from tests.workshop.rehearsal.workshops import block, workshop

QUIZ = ":::quiz What?\n- [x] This {{ seat.name }}\n- [ ] That\n\nBecause {{ preview.app }}.\n:::\n"


@pytest.fixture(autouse=True)
def nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "STAYS_S", 0.2)
    monkeypatch.setattr(terminal, "QUIET_S", 0.2)
    monkeypatch.setattr(terminal, "_INTERRUPT_S", 0.2)
    monkeypatch.setattr(attendee, "PATIENCE_S", {True: 5.0, False: 0.3})
    monkeypatch.setattr(attendee, "_PAUSE_S", 0.05)


async def rehearsed(
    engine: FakeEngine, path: Path, step: str, *, seats: int = 1, timeout_s: float = 60
) -> Report:
    made, lesson = workshop(path, step)
    report = await rehearsal.rehearse(engine, made, lesson, seats=seats, timeout_s=timeout_s)
    assert await engine.list() == []
    return report


def problems(report: Report) -> list[str]:
    return [result.problem for result in report.seats[0].results]


async def test_a_lesson_that_works_passes_in_every_seat(engine: FakeEngine, tmp_path: Path) -> None:
    step = block("echo hello {{ seat.name }}") + block("echo hello", 'check="It says hello"') + QUIZ
    report = await rehearsed(engine, tmp_path, step, seats=3)
    assert report.has_passed
    assert [seat.number for seat in report.seats] == [1, 2, 3]
    kinds = [[result.item.kind for result in seat.results] for seat in report.seats]
    assert kinds == [["command", "check", "quiz"]] * 3
    assert (report.workshop, report.failures) == ("lab", 0)


async def test_one_terminal_is_one_shell_and_another_is_another(engine: FakeEngine, tmp_path: Path) -> None:
    step = block("X=7") + block("exit $X") + block("Y=3", "run=other") + block("exit 0$Y$X", "run=other")
    assert problems(await rehearsed(engine, tmp_path, step)) == ["", "exit code 7", "", "exit code 3"]


async def test_each_line_of_a_block_has_to_work(engine: FakeEngine, tmp_path: Path) -> None:
    report = await rehearsed(engine, tmp_path, block("false\n# why\n\necho fine"))
    (result,) = report.seats[0].results
    assert result.problem == "exit code 1 in 1 of its 2 commands"
    assert "fine" in result.output
    assert (result.item.title, result.item.file, result.item.line) == ("false …", "01-a.md", 1)


async def test_a_command_may_fail_on_purpose_and_then_must(engine: FakeEngine, tmp_path: Path) -> None:
    step = block("false", "run fails") + block("true", "run fails")
    assert problems(await rehearsed(engine, tmp_path, step)) == [
        "", "it was to fail, and ended with exit code 0",
    ]  # fmt: skip


async def test_a_command_that_does_not_come_back_fails_and_the_next_has_a_new_shell(
    engine: FakeEngine, tmp_path: Path
) -> None:
    step = block("echo begun; sleep 1000") + block("echo next")
    report = await rehearsed(engine, tmp_path, step, timeout_s=0.5)
    assert problems(report) == [
        "it did not come back within 0.5 s; if it is meant to, write 'stays' after run",
        "",
    ]
    assert report.seats[0].results[0].output.endswith("begun")


async def test_a_lesson_may_give_a_command_more_time(engine: FakeEngine, tmp_path: Path) -> None:
    report = await rehearsed(engine, tmp_path, block("sleep 1", "run timeout=1m"), timeout_s=0.2)
    assert report.has_passed


async def test_what_stays_keeps_its_terminal_and_takes_what_is_typed(
    engine: FakeEngine, tmp_path: Path
) -> None:
    step = (
        block("cat", "run stays") + block("to it") + block("echo beside", "run=other")
        + block("true", "run=other stays")
    )  # fmt: skip
    results = (await rehearsed(engine, tmp_path, step)).seats[0].results
    assert [result.problem for result in results] == [
        "", "", "", "it was to stay, and ended within 0.2 s with exit code 0",
    ]  # fmt: skip
    remarks = [result.remark for result in results]
    assert remarks == ["", "typed into 'cat', which keeps the terminal: its exit code is not known", "", ""]


async def test_a_check_that_fails_tells_its_output_and_hint(engine: FakeEngine, tmp_path: Path) -> None:
    step = block("echo nothing; false", 'check="Something" hint="Try {{ port.app }}."')
    (result,) = (await rehearsed(engine, tmp_path, step)).seats[0].results
    assert result.problem.startswith("it fails, tried ")
    assert result.output == "nothing\nTry 8080."


async def test_an_automatic_check_may_pass_later(tmp_path: Path) -> None:
    runs = 0

    async def task(*_: object) -> int:
        nonlocal runs
        runs += 1
        return int(runs < 3)

    engine = FakeEngine(programs={"task": task})
    (result,) = (await rehearsed(engine, tmp_path, block("task", 'check="It runs" auto'))).seats[0].results
    assert (result.problem, result.remark) == ("", "it passed at the third attempt")


async def test_a_check_that_passes_before_anything_was_done_is_remarked(
    engine: FakeEngine, tmp_path: Path
) -> None:
    report = await rehearsed(engine, tmp_path, block("true") + block("true", 'check="It works"'))
    assert report.has_passed
    assert report.seats[0].results[1].remark == "it passed before anything was done in its step"


async def test_a_seat_that_cannot_be_made_is_a_failure(tmp_path: Path) -> None:
    report = await rehearsed(FakeEngine(images=()), tmp_path, block("true"))
    assert not report.has_passed
    assert "no image 'busybox'" in report.seats[0].problem
    assert report.failures == 1


async def test_a_workshop_of_the_same_name_is_not_touched(engine: FakeEngine, tmp_path: Path) -> None:
    other = workshop_of("lab").pod("lab-01")
    await engine.apply(other)
    made, lesson = workshop(tmp_path, block("true"))
    stage = disguised(made)
    assert disguised(made).metadata.name != stage.metadata.name
    seen: list[dict[str, str]] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Ready):
            spec = engine._pods[event.pod].spec
            assert spec.spec.active_deadline_seconds
            seen.append(dict(spec.metadata.labels))

    await rehearsal.rehearse(engine, made, lesson, stage=stage, on_event=on_event)
    assert [(each[WORKSHOP], each[POOL]) for each in seen] == [(stage.metadata.name, stage.metadata.name)]
    assert [status.name for status in await engine.list()] == ["lab-01"]


async def test_cancelled_it_leaves_no_seat(engine: FakeEngine, tmp_path: Path) -> None:
    made, lesson = workshop(tmp_path, block("echo x; sleep 1000"))
    begun = asyncio.Event()
    task = asyncio.create_task(
        rehearsal.rehearse(
            engine, made, lesson, seats=2, on_event=lambda e: begun.set() if isinstance(e, Begun) else None
        )
    )
    await begun.wait()
    assert await engine.list()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert await engine.list() == []


async def test_an_engine_that_goes_away_is_an_error_and_no_hang(engine: FakeEngine, tmp_path: Path) -> None:
    made, lesson = workshop(tmp_path, block("true") + block("true", 'check="a"') + block("true", "run=other"))
    events: list[Event] = []

    def on_event(event: Event) -> None:
        events.append(event)
        if isinstance(event, Begun):
            engine.failure = Unavailable("the engine is gone")

    with pytest.raises(Unavailable):
        await rehearsal.rehearse(engine, made, lesson, on_event=on_event)
    assert {event.problem for event in events if isinstance(event, Result)} != {""}
