"""The examples are run as a user runs them: through the command line, on the real engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

Podlab = Callable[..., str]


@pytest.fixture(scope="session")
def podlab(docker_host: str) -> Podlab:
    """Type a podlab command; its output. That it fails is the test's failure, with all that it said."""

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "podlab.cli", *map(str, words)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, (
            f"podlab {words} left with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout

    return run


@pytest.fixture
def up(podlab: Podlab, pod_name: str) -> Iterator[Callable[..., str]]:
    """Start an example under a name of the test's own, which is returned; it goes when the test ends."""

    def start(file: str, *options: str) -> str:
        podlab("up", "--name", pod_name, *options, EXAMPLES / file)
        return pod_name

    yield start
    podlab("down", "--ignore-not-found", pod_name)


@pytest.fixture(scope="session")
def sh(podlab: Podlab) -> Callable[..., str]:
    """Run a line of sh in a container; its output."""

    def run(pod: str, container: str, line: str) -> str:
        return podlab("exec", pod, "-c", container, "--", "sh", "-euc", line)

    return run
