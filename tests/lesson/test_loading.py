from __future__ import annotations

from pathlib import Path

import pytest

from podlab.errors import Invalid, NotFound
from podlab.lesson import load, load_workshop
from tests.lesson.lesson_texts import lesson, refused, step

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"


def test_the_shipped_lesson_has_no_problem() -> None:
    workshop, made = load_workshop(EXAMPLE)
    assert made.title == workshop.spec.title
    assert [each.source_file for each in made.steps] == sorted(
        each.name for each in (EXAMPLE / "lesson").iterdir()
    )
    assert all(command.terminal == "shell" for command in made.commands.values())
    assert made.checks
    assert len(made.quizzes) == 2
    assert made.warnings == ()


def test_steps_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    made = lesson(
        tmp_path, {"10-last.md": "z", "2-second.md": "b", "01-first.md": "a", "README.md": "no step"}
    )
    assert [(each.id, each.title) for each in made.steps] == [
        ("first", "First"), ("second", "Second"), ("last", "Last"),
    ]  # fmt: skip


def test_an_index_gives_titles_and_order(tmp_path: Path) -> None:
    index = "title: All\nsteps:\n- file: z.md\n- {file: a.md, title: The end}\n"
    made = lesson(tmp_path, {"index.yaml": index, "a.md": "# A\na", "z.md": "---\ntitle: Zed\n---\nz"})
    assert made.title == "All"
    assert [(each.id, each.title) for each in made.steps] == [("z", "Zed"), ("a", "The end")]


def test_an_index_and_its_folder_must_agree(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        lesson(tmp_path, {"index.yaml": "steps:\n- file: stat.md\n", "start.md": "a"})
    assert [line.removeprefix(f"{tmp_path}/") for line in caught.value.problems] == [
        "index.yaml:1:1: steps: start.md is not listed",
        "index.yaml:2:9: steps[0].file: no such step in this folder; did you mean 'start.md'?",
    ]


def test_a_title_is_taken_from_the_first_heading_and_not_shown_twice() -> None:
    made = step("\n# What a *pod* is #\n\nText")
    assert made.title == "What a *pod* is"
    assert made.body.text == "Text"


def test_a_file_alone_is_a_lesson(tmp_path: Path) -> None:
    (tmp_path / "pods.md").write_text("---\ntitle: Pods\n---\nText\n")
    made = load(tmp_path / "pods.md")
    assert (made.title, len(made.steps)) == ("Pods", 1)


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        lesson(
            tmp_path,
            {
                "01-a.md": "---\ntitel: A\n---\nText\n",
                "02-b.md": "\n:::nota\n:::\n\n```sh {runs}\nls\n```\n",
                "3-b.md": "x",
                "more.md": "x",
            },
        )
    assert [line.removeprefix(f"{tmp_path}/") for line in caught.value.problems] == [
        "more.md:1:1: no step: name it as 03-more.md, or list the steps in index.yaml",
        "3-b.md:1:1: 02-b.md has the same name but for its number; rename one",
        "01-a.md:2:1: titel: unknown field; did you mean 'title'?",
        "02-b.md:2:4: unknown block ':::nota'; did you mean 'note'?",
        "02-b.md:5:8: unknown attribute \"runs\"; did you mean 'run'?",
    ]


def test_a_folder_without_steps_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no step"):
        load(tmp_path)
    with pytest.raises(NotFound):
        load(tmp_path / "gone")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1:1: the step is empty"),
        ("---\ntitle: A\n---\n", "1:1: the step is empty"),
        ("a\n\x1b[31mred", "2:1: the character U+001B may not stand in Markdown; is this a text file?"),
        ('---\ntitle: "\\e[31mred"\n---\na', "1:1: the title holds a character that cannot be shown"),
        ("a" * 6000, "1:1: the line has more than 5,000 characters; break it"),
        ("a\n" * 70_000, "1:1: the step has more than 131,072 characters; make several of it"),
        ("---\n- a\n---\nb", "2:1: expected front matter such as 'title: The first step'"),
        ("---\ntitle: [a\n---\nb", "3:1: a ','"),
        ("- " * 40 + "a", "1:1: lists, quotes or blocks are nested too deep"),
    ],
)
def test_what_is_no_step_is_told_with_its_place(text: str, told: str) -> None:
    assert refused(text)[0].startswith(f"01-a.md:{told}")


def test_windows_line_ends_are_read() -> None:
    made = step("---\r\ntitle: A\r\n---\r\n```sh {run}\r\nls\r\npwd\r\n```\r\n")
    assert (made.title, made.commands[0].text, made.commands[0].line) == ("A", "ls\npwd", 4)


def test_recipes_beside_the_steps_are_found(tmp_path: Path) -> None:
    made = lesson(
        tmp_path,
        {
            "01-a.md": "x",
            "app/Dockerfile": "FROM a",
            "compose.yaml": "",
            "dev.Dockerfile": "",
            "other.yaml": "",
        },
    )
    assert [file.name for file in made.recipes] == ["Dockerfile", "compose.yaml", "dev.Dockerfile"]


def test_a_workshop_without_lesson_is_told(tmp_path: Path) -> None:
    text = (
        "apiVersion: podlab/v1\nkind: Workshop\nmetadata: {name: a}\n"
        "spec: {pod: {spec: {containers: [{name: a, image: a}]}}}\n"
    )
    (tmp_path / "podlab.yaml").write_text(text)
    with pytest.raises(Invalid, match="has no lesson"):
        load_workshop(tmp_path)


def test_what_nobody_would_put_beside_a_workshop_is_told(tmp_path: Path) -> None:
    text = (
        "apiVersion: podlab/v1\nkind: Workshop\nmetadata: {name: a}\n"
        "spec: {lesson: lesson, pod: {spec: {containers: [{name: a, image: a}]}}}\n"
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    )
    (tmp_path / "podlab.yaml").write_text(text)
    with pytest.raises(Invalid, match="holds Secret s beside its workshop"):
        load_workshop(tmp_path)
