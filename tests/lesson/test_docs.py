"""What docs/lessons.md shows is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from podlab.lesson.render import render
from tests.lesson.lesson_texts import VALUES, WORKSHOP, step
from tests.lesson.page import page

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "lessons.md").read_text()
EXAMPLES = re.findall(r"^````markdown\n(.*?)^````$", TEXT, re.MULTILINE | re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_a_step_without_problems(text: str) -> None:
    page(render(step(text, WORKSHOP), VALUES))


def test_the_python_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    found: dict[str, object] = {}
    exec(code, found)
    assert str(found["result"]) == "Grade(is_right=False, is_partly_right=True)"
