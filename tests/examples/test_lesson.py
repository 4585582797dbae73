"""The lesson works as it stands: every command in its order, every check after the commands before it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest

from tests.examples.conftest import EXAMPLES

LESSON = EXAMPLES / "docker-pods" / "lesson"
_BLOCK = re.compile(
    r"^```sh \{(?P<kind>run=work[^}]*|check=[^}]*)\}\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_every_command_and_check_succeeds(up: Callable[..., str], sh: Callable[..., str]) -> None:
    pod = up("docker-pods")
    lines = []
    for page in sorted(LESSON.glob("*.md")):
        for block in _BLOCK.finditer(page.read_text()):
            text = block["text"].strip()
            if not block["kind"].endswith(" fails"):
                lines += [": " + shlex.quote(f"{page.name}: {block['kind']}"), text]
    assert len(lines) > 2 * 20
    sh(pod, "work", "set -x\n" + "\n".join(f"{{ {line}\n}}" for line in lines))


def test_every_check_has_a_hint() -> None:
    for page in sorted(LESSON.glob("*.md")):
        for block in _BLOCK.finditer(page.read_text()):
            assert block["kind"].startswith("run=") or 'hint="' in block["kind"], page.name


def test_the_quiz_has_two_questions_with_more_than_one_right_answer() -> None:
    text = (LESSON / "07-quiz.md").read_text()
    questions = re.findall(r"^:::quiz (.+?)\n(.*?)^:::$", text, re.MULTILINE | re.DOTALL)
    assert len(questions) == 2
    for _, answers in questions:
        assert answers.count("- [x]") > 1
        assert answers.count("- [ ]") > 1
