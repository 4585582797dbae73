"""debug: another image in a pod for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from podlab.model import Pod
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

Make = Callable[..., Pod]


def test_its_output_and_exit_code_are_ours(podlab: Podlab, make: Make, engine: FakeEngine) -> None:
    make("web", "sleep 100")
    done = podlab("debug", "web", "--image", "alpine", "-T", "--", "sh", "-c", "echo hello; exit 7")
    assert (done.code, done.out) == (7, "hello\n")
    assert [each.name for each in asyncio.run(engine.get("web")).containers] == ["app"]


def test_options_of_the_command_are_its_own(podlab: Podlab, make: Make) -> None:
    make("web", "sleep 100")
    assert podlab("debug", "web", "--target", "app", "-T", "echo", "-n").out.strip() == "-n"
    assert "WHO=me" in podlab("debug", "web", "-T", "-e", "WHO=me", "env").out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nope"], 3, "no pod 'nope'"),
        (["web", "--target", "nope"], 3, "nope"),
        (["web", "--image", "nope"], 3, "no image 'nope'"),
        (["web", "--target", "side"], 1, "does not run"),
        (["web", "no-such-program"], 3, "no-such-program"),
    ],
)
def test_what_cannot_be_is_told(podlab: Podlab, make: Make, words: list[str], code: int, told: str) -> None:
    make("web", "sleep 100", "sleep 100")
    podlab("stop", "web", "-c", "side")
    done = podlab("debug", *words)
    assert done.code == code
    assert told in done.err
