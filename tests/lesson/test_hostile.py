"""Markdown that means harm is inert and does not take long."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podlab.errors import Invalid
from podlab.lesson import Step
from podlab.lesson.info import parse as parse_info
from podlab.lesson.links import Target, parse
from podlab.lesson.render import explain, render
from podlab.lesson.step import LONGEST_LINE, LONGEST_STEP
from tests.lesson.lesson_texts import VALUES, WORKSHOP, lesson
from tests.lesson.page import page

PIECES = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- c -->", "<!--", "-->", "<svg/onload=x>",
    "[a](javascript:alert(1))", "[a](java\tscript:x)", "[a](&#106;avascript:x)", "![a](x.png)", "![a](x.png \"t\")",
    "[a](https://a.example/\"onclick=\"x)", "[a](<https://a.example> \"><script>\")", "<https://a.example/'>",
    "[a]({{ preview.app }})", "[a]({{preview.app}}/\"x)", "{{ seat.name }}", "\\{{ seat.name }}", "{{", "}}",
    "`", "```", "```sh {run}", '```sh {check="<b>"}', "~~~html", "\n", "\n\n", "    ", "\t", "> ", "- ", "1. ", "* ",
    ":::", "::::", ":::note", ":::hint <b>", ":::quiz Q?", "- [x] ", "- [ ] ", "- (x) ", "# ", "|a|b|", "|-|-|",
    "**", "_", "~~", "&lt;", "&#0;", "&", "\"", "'", "<", ">", "a", "ä", "\U0001f680", "\u202e", "\u2028", "\x0c",
    "[a]: javascript:x", "[a]", "---", "===", "\\", "]]>", "<![CDATA[", "<?php", "[", "](", "![",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def made(text: str) -> Step | None:
    """The step, or None where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.png").touch()
        try:
            return lesson(Path(folder), {"01-a.md": text}, WORKSHOP).steps[0]
        except Invalid:
            return None


@pytest.mark.long
@given(HOSTILE | TEXT)
@settings(max_examples=500, deadline=None)
def test_what_is_shown_can_do_nothing(text: str) -> None:
    step = made(text)
    if step is not None:
        page(render(step, VALUES))
        for quiz in step.quizzes:
            page(f'<p id="a"></p>{explain(quiz, VALUES)}')


@given(TEXT)
def test_the_line_of_a_code_block_never_fails_to_be_read(text: str) -> None:
    parse_info(text)


@given(TEXT)
def test_an_address_is_allowed_by_its_scheme_or_is_a_file_below(text: str) -> None:
    target = parse(text)
    if isinstance(target, Target) and target.kind == "web":
        assert text.strip().lower().startswith(("http:", "https:", "mailto:"))
    if isinstance(target, Target) and target.kind == "asset":
        assert not target.value.startswith("/")
        assert ".." not in target.value.split("/")


@pytest.mark.long
@pytest.mark.parametrize(
    "piece",
    ["[", "![", "[a](", "*a_ ", "`a``b```", "<a ", "{{ ", "&", "> ", "- ", "_a*\n", "[a "*4 + "\n", ":::note\n",
     "|a|b|\n|-|-|\n", "[a]: b\n", "```\n", "<!--\n", ":::quiz a\n- [x] a\n- [ ] b\n:::\n", "a\n\n"],
)  # fmt: skip
@pytest.mark.timeout(300)
def test_the_worst_step_that_is_read_takes_seconds_and_not_minutes(piece: str) -> None:
    """The bound is loose, for a slow machine; without the limits on lines and steps some of these take an hour."""
    lines = piece if "\n" in piece else piece * (LONGEST_LINE // len(piece)) + "\n"
    size = LONGEST_STEP // 4  # time grows with the size from here on; a test need not wait for all of it
    text = (lines * (size // len(lines)))[:size]
    started = time.process_time()
    step = made(text)
    if step is not None:
        render(step, VALUES)
    assert time.process_time() - started < 15
