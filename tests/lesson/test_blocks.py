from __future__ import annotations

from pathlib import Path

import pytest

from podlab.lesson import Check, Command, Scope
from tests.lesson.lesson_texts import WORKSHOP, lesson, refused, step

PIXEL = b"\x89PNG\r\n"


def test_a_block_with_run_is_a_command() -> None:
    made = step("```sh {run=second}\ndocker ps\ndocker images\n```\n", WORKSHOP)
    (command,) = made.commands
    assert (command.text, command.terminal, command.line) == ("docker ps\ndocker images", "second", 1)


def test_a_container_stands_for_its_terminal_and_nothing_for_the_first() -> None:
    made = step("```sh {run=work}\nls\n```\n```sh {run}\nls\n```\n", WORKSHOP)
    assert [command.terminal for command in made.commands] == ["shell", ""]


def test_what_a_rehearsal_has_to_know_of_a_command_stands_beside_it() -> None:
    made = step("```sh {run fails timeout=5m}\nls\n```\n```sh {run stays}\ntop\n```\n```sh {run}\nps\n```\n")
    told = [(c.fails, c.stays, c.timeout_s) for c in made.commands]
    assert told == [(True, False, 300), (False, True, None), (False, False, None)]


def test_a_check_has_all_that_its_line_says() -> None:
    text = (
        "Text\n\n"
        '```sh {check="It \\"runs\\"" hint="Try docker ps." auto opens-next container=registry timeout=1m}\n'
        "docker ps -q --filter name={{ seat.name }}\n```\n"
    )
    (check,) = step(text, WORKSHOP).checks
    assert check == Check(
        id=check.id, name='It "runs"', command="docker ps -q --filter name={{ seat.name }}", hint="Try docker ps.",
        is_automatic=True, opens_next=True, container="registry", timeout_s=60, line=3,
    )  # fmt: skip
    assert check.filled({"seat.name": "s1"}).command == "docker ps -q --filter name=s1"


def test_blocks_in_lists_and_hints_are_found() -> None:
    made = step("1. First\n\n   ```sh {run}\n   one\n   ```\n\n:::hint\n> ```sh {run}\n> two\n> ```\n:::\n")
    assert [(c.text, c.line) for c in made.commands] == [("one", 3), ("two", 8)]


def test_ids_outlive_edits_elsewhere() -> None:
    before = step("```sh {run}\nls\n```\n```sh {run}\nps\n```\n```sh {run}\nls\n```\n")
    after = step("New.\n\n```sh {run}\nnew\n```\n```sh {run}\nls\n```\n\nMore.\n\n```sh {run}\nls\n```\n")
    ids = [command.id for command in before.commands]
    assert len(set(ids)) == 3
    assert [command.id for command in after.commands][1:] == [ids[0], ids[2]]


def test_a_workshop_without_terminals_can_run_nothing() -> None:
    (told,) = refused("```sh {run}\nls\n```\n", Scope())
    assert told == "01-a.md:1:8: the workshop has no terminal; name one in podlab.yaml: spec.terminals"


def test_go_templates_are_no_variables() -> None:
    made = step(
        "```sh {run}\ndocker inspect -f '{{json .State}} {{.Name}} {{range .A}}{{end}}' a\n```\n", WORKSHOP
    )
    assert made.commands[0].filled({}).startswith("docker inspect -f '{{json .State}} {{.Name}}")


def test_a_raw_block_shows_variables_of_others() -> None:
    assert step("```yaml {raw}\na: {{ ansible.host }}\n```\n", WORKSHOP)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```sh {run=shel}\nls\n```", '1:12: the workshop has no terminal "shel"; did you mean \'shell\'?'),
        ('```sh {check="a" hint="{{ seat.nme }}"}\nls\n```', '1:27: no variable "seat.nme"'),
        ("```sh {run}\n\n```", "1:1: there is nothing to run in this block"),
        ("```sh {run\nls\n```", "1:1: the closing '}' is missing"),
        ("```sh run\nls\n```", "1:1: expected {…} after 'sh'"),
        ('```sh {check="a" hint=}\nls\n```', "1:1: cannot read 'hint='"),
        ('```sh {check="a" check="b"}\nls\n```', "1:1: 'check' stands twice"),
        ("```sh {check}\nls\n```", "1:8: 'check' needs a value"),
        ('```sh {check="a"}\n```', "1:1: a check needs a command: it passes when that ends with 0"),
        ('```sh {run hint="a"}\nls\n```', "1:12: 'hint' belongs to a check; write check=\"what it tells\""),
        ("```sh {fails}\nls\n```", "1:8: 'fails' belongs to a command; write run=TERMINAL, too"),
        ("```sh {timeout=1m}\nls\n```", "1:8: 'timeout' belongs to a check or a command"),
        ("```sh {run fails stays}\nls\n```", "1:12: a command that stays has no end that could fail"),
        ('```sh {run check="a"}\nls\n```', "1:1: a block is run by the attendee or is a check, not both"),
        ('```sh {check="a" auto=yes}\nls\n```', "1:18: 'auto' takes no value"),
        ('```sh {check="a" timeout=soon}\nls\n```', "1:18: "),
        ('```sh {check="a" container=wrok}\nls\n```', "1:28: the pod has no container \"wrok\"; did you mean 'work'?"),
        ("```sh {run raw}\nls\n```", "1:12: 'raw' is for code that is only shown"),
        ("```sh {run}\nls\necho {{ seat.nme }}\n```", "3:9: no variable \"seat.nme\"; did you mean 'seat.name'?"),
        ("```sh\nif \u202eadmin\n```", "2:1: the invisible character U+202E makes code look like other code"),
        ("a\nb {{ seat.nme }}\n", "2:6: no variable \"seat.nme\"; did you mean 'seat.name'?"),
        ("`{{ port.web }}`", "1:5: no variable \"port.web\"; it has seat.name, workshop"),
        (":::note {{ a.b }}\n:::", '1:12: no variable "a.b"'),
        ("---\ntitle: \"{{ a.b }}\"\n---\nx", '1:1: the title: no variable "a.b"'),
        (":::note\ntext\n", "1:1: the block ':::note' never ends; close it with a line ':::'"),
        ("[a](javascript:alert(1))", '1:5: a link to "javascript:" is refused; use http, https or mailto'),
        ("[a](JaVaScRiPt&colon;alert(1))", '1:1: a link to "javascript:" is refused'),
        ("<javascript:alert(1)>", '1:2: a link to "javascript:" is refused'),
        ("[a]\n\n[a]: vbscript:x", '1:1: a link to "vbscript:" is refused'),
        ("[a](data:text/html,x)", '1:5: a link to "data:" is refused'),
        ("[a](../../etc/passwd)", '1:5: "../../etc/passwd" is outside of the lesson\'s folder'),
        ("[a](%2e%2e/x)", "1:5: \"../x\" is outside of the lesson's folder"),
        ("[a](/etc/passwd)", '1:5: "/etc/passwd" is no file in the lesson\'s folder'),
        ("[a](//evil.example/x)", '1:5: "//evil.example/x" is no file in the lesson\'s folder'),
        ("[a](gone.txt)", '1:5: no such file in the lesson\'s folder: "gone.txt"'),
        ("[a]({{ preview.web }})", "1:8: no variable \"preview.web\"; did you mean 'preview.app'?"),
        ("[a]({{ seat.name }})", '1:8: a link cannot begin with the variable "seat.name"'),
        ("![a](https://a.example/b.png)", "1:6: an image must be a file in the lesson's folder"),
        ("![a](01-a.md)", '1:6: "01-a.md" is no image that browsers show'),
    ],
)  # fmt: skip
def test_problems_are_told_with_their_place(text: str, told: str) -> None:
    first = refused(text, WORKSHOP)[0].removeprefix("01-a.md:")
    assert first[: len(told)] == told


def test_images_and_linked_files_are_assets(tmp_path: Path) -> None:
    made = lesson(
        tmp_path,
        {"01-a.md": "![A](img/a%20b.png) [b](./data/b.txt) [next](02-b.md)", "02-b.md": "x",
         "img/a b.png": PIXEL, "data/b.txt": "b", "unused.png": PIXEL},
    )  # fmt: skip
    assert [asset.name for asset in made.assets] == ["data/b.txt", "img/a b.png"]
    assert made.assets[1].file.read_bytes() == PIXEL


def test_a_link_that_leads_out_of_the_folder_through_a_symlink_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    inner = tmp_path / "lesson"
    inner.mkdir()
    (inner / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inner / "01-a.md").write_text("[a](link.txt)")
    from podlab.errors import Invalid
    from podlab.lesson import load

    with pytest.raises(Invalid) as caught:
        load(inner)
    assert "outside of the lesson's folder" in caught.value.problems[0]


def test_html_and_images_without_description_are_warned_of(tmp_path: Path) -> None:
    made = lesson(tmp_path, {"01-a.md": "a\n<b>x</b> <container>\n\n![](a.png)\n", "a.png": PIXEL})
    assert [line.removeprefix(f"{tmp_path}/") for line in made.warnings] == [
        '01-a.md:2:1: HTML is shown as it stands: "<b>"',
        "01-a.md:4:1: the image has no description for those who cannot see it: ![…](…)",
    ]


def test_comments_vanish() -> None:
    made = step("<!-- a\nb --> \nText <!-- c -->\n\n<!-- d\n\ne -->\n\nEnd")
    assert made.body.text == "Text <!-- c --> End"


def test_elements_are_in_the_order_of_the_page() -> None:
    made = step('```sh {check="a"}\na\n```\n```sh {run}\nb\n```\n:::quiz Q?\n- [x] a\n- [ ] b\n:::\n')
    assert [type(each).__name__ for each in made.elements] == ["Check", "Command", "Quiz"]
    assert isinstance(made.elements[1], Command)
