"""What holds for every format: nothing is lost in silence, nothing is overwritten, whatever the source holds."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podlab.errors import AlreadyExists, Invalid, NotFound
from podlab.lesson import load_workshop
from podlab.lesson.importers import FORMATS, importer, write
from podlab.lesson.render import render
from tests.cli.conftest import Podlab, engine, podlab
from tests.lesson.importers.trees import tree
from tests.lesson.page import page

__all__ = ["engine", "podlab"]

PIECES = [
    "```", "```.term1", "```terminal:execute\ncommand: ls", "```{{exec}}", "`ls`{{exec}}", "{:.quiz}", "- (x) a",
    "- [ ] b", ">>Q1: a <<", "(*) a", "( ) b", "=== c", "\n", "\n\n", "{{ a.b }}", "{{< note >}}", "{{< /note >}}",
    "[a](b)", "![a](http://b/c.png)", "[a](javascript:x)", "[a](/){:data-port=\"80\"}", "{{TRAFFIC_HOST1_80}}",
    "<b>a</b>", "<script>", "<details><summary>a</summary>", "</details>", ":::note", ":::", "## a", "{% x %}",
    "```section:begin\n```", "```section:end\n```", "---", "{{< param session_name >}}", "%session_name%", "text",
]  # fmt: skip
VALUES = {"seat.name": "s", "workshop.name": "w", "workshop.title": "t"}


def sources(format_: str, text: str) -> dict[str, str]:
    if format_ == "killercoda":
        return {"index.json": json.dumps({"details": {"steps": [{"text": "a.md"}]}}), "a.md": text}
    return {"workshop/content/a.md" if format_ == "educates" else "a.md": text}


@pytest.mark.long
@pytest.mark.parametrize("format_", FORMATS)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("\n".join))
@settings(max_examples=100, deadline=None)
def test_whatever_the_source_holds_the_page_is_safe_or_its_problems_are_told(format_: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder) / "source", sources(format_, text + "\ntext\n"))
        draft = importer(format_).read(root)
        if not draft.pages:
            return
        write(draft, Path(folder) / "made")
        try:
            workshop, lesson = load_workshop(Path(folder) / "made")
        except Invalid as error:
            assert error.problems
            return
        previews = {f"preview.{each.name}": "https://x.example" for each in workshop.spec.previews}
        for step in lesson.steps:
            page(render(step, VALUES | previews))


def test_what_is_there_is_never_overwritten_unless_told(tmp_path: Path, podlab: Podlab) -> None:
    post = tree(tmp_path, {"a.md": "---\ntitle: A\nauthor: B\n---\n```.term1\nls\n```\n"}) / "a.md"
    made = tmp_path / "made"
    assert podlab("import", "play-with-docker", str(post), str(made)).code == 0
    (made / "lesson" / "01-a.md").write_text("mine")
    (made / "notes.txt").write_text("mine")
    again = podlab("import", "play-with-docker", str(post), str(made))
    assert (again.code, "--force" in again.err) == (1, True)
    assert (made / "lesson" / "01-a.md").read_text() == "mine"
    forced = podlab("import", "play-with-docker", str(post), str(made), "--force")
    assert forced.code == 0
    assert forced.out.splitlines() == [
        f"{made}: carried over 1 commands, 1 steps",
        "not carried over, or changed:",
        f"  {post}:1: 'author' of the front matter has no place in a lesson",
    ]
    assert (made / "notes.txt").read_text() == "mine"
    assert load_workshop(made)[1].title == "A"


def test_a_lesson_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tree(tmp_path / "elsewhere", {"keep.md": "mine"})
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "lesson").symlink_to(elsewhere)
    draft = importer("play-with-docker").read(tree(tmp_path, {"a.md": "text"}) / "a.md")
    with pytest.raises(AlreadyExists):
        write(draft, tmp_path / "made")
    write(draft, tmp_path / "made", force=True)
    assert (elsewhere / "keep.md").read_text() == "mine"


def test_an_import_does_not_take_files_from_outside_of_the_source(tmp_path: Path) -> None:
    tree(tmp_path, {"secret.png": "x", "source/a.md": "![a](../secret.png) ![b](link.png)"})
    (tmp_path / "source" / "link.png").symlink_to(tmp_path / "secret.png")
    assert importer("play-with-docker").read(tmp_path / "source").files == {}


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(NotFound, match="no importer"):
        importer("word")


def test_the_command_knows_every_format() -> None:
    from podlab.cli import import_

    assert tuple(FORMATS) == import_._FORMATS
