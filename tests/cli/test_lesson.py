from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Podlab

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"


def test_a_right_lesson_is_counted(podlab: Podlab) -> None:
    told = podlab("lesson", "check", str(EXAMPLE))
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("Pods on a Docker Engine: 7 steps, ")
    counted = podlab("lesson", "check", str(EXAMPLE / "podlab.yaml"), "-o", "json").json
    assert (counted["quizzes"], counted["warnings"]) == (2, [])


def test_a_lesson_without_workshop_and_a_step_alone_are_read(podlab: Podlab) -> None:
    assert podlab("lesson", "check", str(EXAMPLE / "lesson")).code == 0
    assert podlab("lesson", "check", str(EXAMPLE / "lesson" / "07-quiz.md")).out.startswith(
        "What have you learned?"
    )


def test_every_problem_is_told_on_a_line(podlab: Podlab, tmp_path: Path) -> None:
    (tmp_path / "01-a.md").write_text(":::nota\n:::\n\n[a](javascript:x)\n<b>\n")
    told = podlab("lesson", "check", str(tmp_path))
    assert told.code == 1
    assert f"{tmp_path}/01-a.md:1:4: unknown block ':::nota'; did you mean 'note'?" in told.err
    assert f'{tmp_path}/01-a.md:4:5: a link to "javascript:" is refused' in told.err


def test_the_images_of_a_lesson_are_listed(podlab: Podlab) -> None:
    assert podlab("lesson", "images", str(EXAMPLE)).out == "alpine:latest\n"
    assert json.loads(podlab("lesson", "images", str(EXAMPLE), "-o", "json").out) == ["alpine:latest"]


def test_a_lesson_that_is_not_there_is_told(podlab: Podlab, tmp_path: Path) -> None:
    assert podlab("lesson", "check", str(tmp_path / "gone")).code == 3
    assert podlab("import", "educates", str(tmp_path / "gone"), str(tmp_path / "x")).code == 2
    assert podlab("import", "killercoda", str(tmp_path), str(tmp_path / "x")).code == 3


def test_a_source_cannot_speak_to_the_terminal(podlab: Podlab, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(
        '{"details": {"intro": {"text": "\\u001b[31m.md"}}, "\\u001b[2J": 1}'
    )
    told = podlab("import", "killercoda", str(tmp_path), str(tmp_path / "made"))
    assert "no such file" in told.out
    assert "\x1b" not in told.out + told.err


def test_an_import_tells_what_it_did_as_json(podlab: Podlab, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text\n\n{:.x}\n")
    told = podlab(
        "import", "play-with-docker", str(tmp_path / "a.md"), str(tmp_path / "made"), "-o", "json"
    ).json
    assert told["carried"] == {"steps": 1}
    assert told["losses"] == [
        {"file": str(tmp_path / "a.md"), "line": 3, "message": "kramdown's {:.x} is left out"}
    ]
