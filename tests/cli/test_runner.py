"""Signals, errors and exit codes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from podlab.cli.runner import report
from podlab.errors import Invalid, NotFound, TimedOut, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from podlab.testing.fake import FakeEngine
    from tests.cli.conftest import Podlab


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (NotFound("no pod 'x'", hint="podlab ps"), 3, "error: no pod 'x'\nhint: podlab ps\n"),
        (TimedOut("late"), 4, "error: late\n"),
        (Unavailable("gone"), 1, "error: gone\n"),
        (Invalid("2 problems", problems=("a.yaml:1:2: x", "a.yaml:3:4: y")), 1,
         "error: 2 problems\na.yaml:1:2: x\na.yaml:3:4: y\n"),
        (ExceptionGroup("all", [NotFound("a"), ExceptionGroup("more", [NotFound("a"), TimedOut("b")])]), 3,
         "error: a\nerror: b\n"),
    ],
)  # fmt: skip
def test_errors_are_told_for_people(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, text: str
) -> None:
    assert report(error) == code
    assert capsys.readouterr().err == text


def test_a_bug_is_one_line_without_a_traceback(podlab: Podlab, engine: FakeEngine) -> None:
    engine.failure = ZeroDivisionError("oops")  # type: ignore[assignment]
    done = podlab("ps")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert done.err.startswith("podlab: internal error: ZeroDivisionError: oops; please report it")


def test_debug_adds_the_traceback(
    podlab: Podlab, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODLAB_DEBUG", "1")
    engine.failure = Unavailable("gone")
    assert "Traceback" in podlab("ps").err


def test_a_failing_engine_is_told_once(podlab: Podlab, engine: FakeEngine) -> None:
    engine.failure = Unavailable("no engine answers", hint="podlab engine start")
    done = podlab("inspect", "web")
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("error: no engine answers\nhint: podlab engine start\n")


_PROGRAM = """
import asyncio, pathlib, sys
from podlab.cli.command import command
from podlab.cli import table
from podlab.cli.runner import run

@command("slow", example="podlab slow")
async def slow():
    '''Waits, and takes its time to undo.'''
    print("ready", flush=True)
    try:
        await asyncio.sleep(600)
    finally:
        print("undoing", flush=True)
        while not pathlib.Path("UNDO").exists():
            await asyncio.sleep(0.02)
        print("undone", flush=True)

table.Podlab.get_command = lambda self, ctx, name: slow
sys.exit(run(["ps"]))
"""


def _started(tmp_path: Path) -> subprocess.Popen[str]:
    """Its undoing ends when there is a file `undo`."""
    program = tmp_path / "slow.py"
    program.write_text(_PROGRAM.replace("UNDO", str(tmp_path / "undo")))
    process = subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _interrupt_twice(process: subprocess.Popen[str]) -> None:
    """Each time what it says is waited for: two signals at once would be one."""
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "undoing\n"
    process.send_signal(signal.SIGINT)
    assert "still undoing" in process.stderr.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_the_command_undo(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "undo").touch()
    process = _started(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + number, "undoing\nundone\n", "")


def test_a_second_ctrl_c_says_that_the_undo_goes_on(tmp_path: Path) -> None:
    process = _started(tmp_path)
    _interrupt_twice(process)
    (tmp_path / "undo").touch()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "undone\n", "")


def test_a_third_ctrl_c_leaves(tmp_path: Path) -> None:
    process = _started(tmp_path)
    _interrupt_twice(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "left half done" in err


def test_a_reader_that_has_gone_ends_a_command_quietly(tmp_path: Path) -> None:
    program = tmp_path / "many.py"
    program.write_text(
        _PROGRAM.replace('print("ready", flush=True)', "[print('x' * 100) for _ in range(10_000)]")
        .replace("600", "0").replace("UNDO", str(tmp_path))
    )  # fmt: skip
    read, write = os.pipe()
    process = subprocess.Popen([sys.executable, program], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    os.read(read, 10)
    os.close(read)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_pods_whose_lifetime_is_over_are_cleared_by_any_command(
    podlab: Podlab, engine: FakeEngine, make: object
) -> None:
    make("web", "sleep 100", active_deadline_seconds=0)  # type: ignore[operator]
    make("other", "sleep 100")  # type: ignore[operator]
    done = podlab("version")
    assert done.code == 0
    assert done.err == "podlab: pod 'web' had ended (lifetime over): removed\n"
    assert [pod.name for pod in asyncio.run(engine.list())] == ["other"]
    assert podlab("version").err == ""
