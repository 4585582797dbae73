"""Whatever stands in a file, the answer is pods or problems: never another error, never a long wait."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from podlab.errors import Invalid
from tests.manifest.manifest_texts import GOOD, WORKSHOP, read

LINES = GOOD.splitlines(keepends=True)
NOISE = st.sampled_from(
    ["\t", ":", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "|", ">", "'", '"', "#", "%", "@", "`",
     "\\", "?", "\n", "  ", "---\n", "...\n", "<<: ", "~", "null", "-1", "0", "1e999", "9" * 30, "é",
     "\u2028",
     "\x00", "\ufeff"]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "",
        "~",
        "1",
        "-1",
        "1.5",
        "yes",
        "true",
        "[]",
        "{}",
        "[~]",
        "[[]]",
        "{a: b}",
        '""',
        "text",
        "9" * 25,
        '"\\0"',
    ]
)


def is_answered(data: bytes) -> None:
    try:
        read(data)
    except Invalid as error:
        assert error.problems
        for line in error.problems:
            assert re.match(r"pod\.yaml:\d+:\d+: .|… and \d+ more", line), line
            assert line.isprintable(), line


@pytest.mark.long
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_noise_in_a_good_file(data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        drop = data.draw(st.integers(0, 5))
        text = text[:at] + data.draw(NOISE) + text[at + drop :]
    is_answered(text.encode())


@pytest.mark.long
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_another_value_for_any_field(data: st.DataObject) -> None:
    """Keeps the YAML whole, so that the types and checks see what they do not expect."""
    text = data.draw(st.sampled_from([GOOD, WORKSHOP]))
    fields = list(re.finditer(r"(?<=: )[^\n,}{\[\]|]+", text))
    for field in reversed(data.draw(st.lists(st.sampled_from(fields), max_size=3, unique=True))):
        text = text[: field.start()] + data.draw(VALUES) + text[field.end() :]
    is_answered(text.encode())


@given(st.permutations(range(len(LINES))), st.integers(1, len(LINES)))
@settings(max_examples=50, deadline=None)
def test_lines_lost_or_moved(order: list[int], count: int) -> None:
    is_answered("".join(LINES[n] for n in order[:count]).encode())


@given(st.binary(max_size=200))
@example(b"\xff\xfe\x00")
@settings(max_examples=100, deadline=None)
def test_any_bytes(data: bytes) -> None:
    is_answered(data)


@pytest.mark.parametrize(
    "text", ["? ", ": ", "-", "[", "{", "!", "&a", "*a", "|", ">", "%", "%YAML", "\\", "'", '"', "- - -"]
)
def test_fragments(text: str) -> None:
    is_answered(text.encode())
