"""`podlab rehearse` in this process, on an engine in memory: what it prints, its exit code, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab
from tests.workshop.rehearsal.workshops import block, folder

QUIZ = ":::quiz What?\n- [x] This\n- [ ] That\n:::\n"


def pods(engine: FakeEngine) -> list[str]:
    return list(engine._pods)


def test_a_lesson_that_works_is_told_line_by_line(podlab: Podlab, engine: FakeEngine, tmp_path: Path) -> None:
    step = "# Begin\n\n" + block("echo hi") + block("true", 'check="It works"') + QUIZ
    result = podlab("rehearse", str(folder(tmp_path, step)))
    assert result.code == 0, result.err
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert lines[0].startswith("seat lab-rehearsal-")
    assert lines[1] == "01-a.md Begin"
    assert [line.rpartition(" s ")[2] for line in lines[2:6]] == [
        "echo hi", "check: It works", "it passed before anything was done in its step", "quiz: What?",
    ]  # fmt: skip
    assert lines[6].startswith("lab: 1 command, 1 check, 1 quiz: all passed, ")
    assert pods(engine) == []


def test_what_fails_is_shown_with_place_and_output_and_the_exit_code_is_1(
    podlab: Podlab, engine: FakeEngine, tmp_path: Path
) -> None:
    step = "# Begin\n\n" + block("echo 'a \x1b[31mred word'; false".replace("\x1b", "")) + block("echo next")
    result = podlab("rehearse", "--seats", "3", str(folder(tmp_path, step)))
    assert result.code == 1
    assert "FAILED" in result.out
    assert "01-a.md:3: exit code 1, in seats 1, 2, 3" in result.out
    assert "         | a [31mred word" in result.out
    assert "2 commands in 3 seats" not in result.out
    assert "lab: 6 commands in 3 seats: 3 failed" in result.out


def test_json_has_every_result_of_every_seat(podlab: Podlab, engine: FakeEngine, tmp_path: Path) -> None:
    result = podlab("rehearse", "-o", "json", "--seats", "2", str(folder(tmp_path, block("false") + QUIZ)))
    assert result.code == 1
    found = result.json
    assert (found["workshop"], found["hasPassed"]) == (
        "lab",
        False,
    )
    assert found["failures"] == 2
    assert [seat["number"] for seat in found["seats"]] == [1, 2]
    command, quiz = found["seats"][0]["results"]
    assert (command["kind"], command["problem"], command["line"]) == ("command", "exit code 1", 1)
    assert (quiz["kind"], quiz["problem"]) == ("quiz", "")
    assert "FAILED" in result.err  # what goes on is told beside the JSON


def test_a_seat_that_cannot_be_made_is_told(podlab: Podlab, engine: FakeEngine, tmp_path: Path) -> None:
    engine.images.clear()
    result = podlab("rehearse", str(folder(tmp_path, block("true"))))
    assert result.code == 1
    assert "no image 'busybox'" in result.out
    assert "nothing was run: 1 failed" in result.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_the_seats(
    podlab: Podlab, engine: FakeEngine, tmp_path: Path, number: signal.Signals
) -> None:
    seen: list[str] = []

    def interrupt() -> None:
        deadline = time.monotonic() + 60
        while not pods(engine) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        seen.extend(pods(engine))
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = podlab("rehearse", "--seats", "2", str(folder(tmp_path, block("sleep 1000"))))
    thread.join()
    assert result.code == 128 + number
    assert len(seen) == 2
    assert pods(engine) == []
