"""What Tab gives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from podlab.cli.table import Podlab as Table
from podlab.errors import Unavailable
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Any]


def completed(*words: str) -> list[str]:
    """What the last of the words completes to."""
    from click.shell_completion import ShellComplete

    completion = ShellComplete(Table(), {}, "podlab", "_PODLAB_COMPLETE")
    return [item.value for item in completion.get_completions(list(words[:-1]), words[-1])]


def test_commands_complete_without_being_loaded() -> None:
    assert completed("por") == ["port-forward"]
    assert set(completed("--e")) == {"--engine"}


def test_pods_complete_and_none_twice(engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100")
    make("worker", "sleep 100")
    make("api", "sleep 100")
    assert completed("describe", "w") == ["web", "worker"]
    assert completed("stop", "web", "") == ["api", "worker"]


def test_containers_of_the_pod_complete(engine: FakeEngine, make: Make) -> None:
    make("web", "sleep 100", "sleep 100")
    make("api", "sleep 100")
    assert completed("logs", "web", "-c", "") == ["app", "side"]
    assert completed("logs", "api", "-c", "") == ["app"]
    assert completed("rm", "web", "s") == ["side"]


def test_an_engine_that_fails_completes_to_nothing_in_silence(
    engine: FakeEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    engine.failure = Unavailable("gone")
    assert completed("describe", "") == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_says_how_to_install_it(podlab: Podlab, shell: str) -> None:
    out = podlab("completion", shell).out
    assert out.startswith("# Install: ")
    assert "_PODLAB_COMPLETE" in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_takes(podlab: Podlab, shell: str) -> None:
    if shutil.which(shell) is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"{shell} is not installed; scripts/bootstrap tests installs it")
    script = podlab("completion", shell).out
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_shell_gets_commands_with_their_help() -> None:
    env = {**os.environ, "_PODLAB_COMPLETE": "zsh_complete", "COMP_WORDS": "podlab por", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "podlab.cli"], env=env, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "plain\nport-forward\nReach a port in a pod, published or not\n"
    assert done.stderr == ""
