"""Which containers have a file for their last words, and what of it is taken."""

from __future__ import annotations

from typing import Any

import pytest

from podlab.model import Container, EnvVar
from podlab.node.termination import FALLBACK, Words, message, needs_log, words

USUAL = Words("/dev/termination-log", False)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, None),
        ({"command": ("sh", "-c", "exit 1")}, None),
        ({"command": ("sh", "-c", "echo no disk >/dev/termination-log")}, USUAL),
        ({"args": ("--last-words=/dev/termination-log",)}, USUAL),
        ({"env": (EnvVar(name="LOG", value="/dev/termination-log"),)}, USUAL),
        ({"termination_message_policy": "File"}, USUAL),
        ({"termination_message_path": "/run/end"}, Words("/run/end", False)),
        ({"termination_message_policy": FALLBACK}, Words("/dev/termination-log", True)),
    ],
)
def test_a_container_has_the_file_that_it_speaks_of(settings: dict[str, Any], found: Words | None) -> None:
    assert words(Container(name="app", image="busybox", **settings)) == found


def test_the_end_of_the_file_counts_before_the_end_of_the_log() -> None:
    assert message(b"a" * 5000) == "a" * 4096
    assert message(b"", b"b" * 3000) == "b" * 2048
    assert message(b"file", b"log") == "file"
    assert message(b"no \xff") == "no \N{REPLACEMENT CHARACTER}"


def test_the_log_is_asked_for_only_after_a_failure_without_words() -> None:
    falls_back = Words("/end", True)
    assert needs_log(falls_back, b"", 1)
    assert not needs_log(falls_back, b"", 0)
    assert not needs_log(falls_back, b"words", 1)
    assert not needs_log(USUAL, b"", 1)
