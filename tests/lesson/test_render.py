from __future__ import annotations

import re
from pathlib import Path

import pytest

from podlab.errors import NotFound
from podlab.lesson import Scope, load_workshop
from podlab.lesson.highlight import LONGEST, highlight, stylesheet
from podlab.lesson.render import explain, render
from podlab.lesson.words import GERMAN
from tests.lesson.lesson_texts import VALUES, WORKSHOP, lesson, step
from tests.lesson.page import Page, page

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"


def html(text: str, scope: Scope = WORKSHOP) -> str:
    return render(step(text, scope), VALUES)


def shown(text: str, scope: Scope = WORKSHOP) -> Page:
    return page(html(text, scope))


def test_every_step_of_the_shipped_lesson_renders() -> None:
    for each in load_workshop(EXAMPLE)[1].steps:
        made = page(render(each, VALUES))
        assert each.title in made.text
        assert len([b for b in made.of("button") if b.get("data-action") == "run"]) == len(each.commands)


def test_a_command_has_its_code_and_two_real_buttons() -> None:
    made = shown("```sh {run=second}\necho {{ seat.name }} <&2\n```\n")
    (command,) = made.of("div")
    assert command["data-terminal"] == "second"
    assert command["data-command-id"] == made.of("pre")[0]["id"]
    assert [button["data-action"] for button in made.of("button")] == ["run", "copy"]
    assert all(button["type"] == "button" for button in made.of("button"))
    assert "echo seat-7 <&2" in made.text


def test_a_check_shows_its_name_and_status_and_neither_command_nor_hint() -> None:
    text = '```sh {check="It <runs>" hint="secret hint" auto opens-next}\nsecret command\n```\n'
    made = shown(text)
    assert "It <runs>" in made.text
    assert "Not checked yet" in made.text
    assert made.of("section")[0].keys() >= {"data-auto", "data-opens-next", "data-check-id"}
    assert "secret" not in html(text)


def test_a_quiz_is_a_form_that_works_without_a_script() -> None:
    made = shown(
        ":::quiz What is `a`?\n```sh\nls\n```\n- ( ) *one*\n- (x) two\n\nSecret: {{ seat.name }}\n:::\n"
    )
    assert [each["type"] for each in made.of("input")] == ["hidden", "radio", "radio"]
    assert {each["name"] for each in made.of("input")[1:]} == {"answer"}
    assert len(made.of("legend")) == len(made.of("fieldset")) == 1
    assert made.of("button")[-1]["type"] == "submit"
    assert "Secret" not in made.text


def test_an_explanation_is_rendered_apart() -> None:
    made = step(":::quiz Q?\n- [x] a\n- [ ] b\n\nBecause of {{ seat.name }}.\n:::\n").quizzes[0]
    assert explain(made, VALUES) == "<p>Because of seat-7.</p>\n"
    assert explain(step(":::quiz Q?\n- [x] a\n- [ ] b\n:::\n").quizzes[0], VALUES) == ""


def test_blocks_have_a_title_and_hints_can_be_opened() -> None:
    made = shown(":::warning\nMind it\n:::\n\n:::hint *Where* is it?\nThere\n:::\n")
    assert made.of("div")[0] == {"class": "warning", "role": "note"}
    assert "Warning" in made.text
    assert len(made.of("details")) == len(made.of("summary")) == 1
    assert "Where is it?" in made.text


def test_headings_stand_below_the_title() -> None:
    tags = [tag for tag, _ in shown("---\ntitle: T\n---\n# A\n\n## B\n\n###### C\n").elements]
    assert tags == ["article", "h1", "h2", "h3", "h6"]


def test_an_image_alone_is_a_figure_with_its_caption(tmp_path: Path) -> None:
    made = lesson(
        tmp_path, {"01-a.md": '![A *b*](a%20b.png "The way")\n\nIn ![c](a%20b.png) line', "a b.png": b"x"}
    )
    found = page(render(made.steps[0], {}))
    assert found.of("img")[0] == {"src": "assets/a%20b.png", "alt": "A b", "loading": "lazy"}
    assert len(found.of("figure")) == len(found.of("figcaption")) == 1
    assert "The way" in found.text


def test_links_to_steps_previews_and_the_web(tmp_path: Path) -> None:
    text = (
        "[s](02-b.md) [p]({{ preview.app }}/x?y=1) [p]({{preview.app}}) [q]({{ preview.app }} 'T') "
        "[w](https://a.example/?a=1&b=2)"
    )
    made = lesson(tmp_path, {"01-a.md": text, "02-b.md": "x"}, WORKSHOP)
    links = page(render(made.steps[0], VALUES)).of("a")
    assert [link["href"] for link in links] == [
        "#b", "https://app.seat-7.example/x?y=1", "https://app.seat-7.example", "https://app.seat-7.example",
        "https://a.example/?a=1&b=2",
    ]  # fmt: skip
    assert links[0]["data-step"] == "b"
    assert links[1]["data-preview"] == "app"
    assert all(link["rel"] == "noopener noreferrer" for link in links[1:])


def test_variables_are_text_whatever_their_value() -> None:
    evil = "</p><script>alert(1)</script>**b** {{ workshop.name }} \x1b[31m`x`"
    made = step("---\ntitle: \"T {{ seat.name }}\"\n---\n{{ seat.name }} `{{seat.name}}` \\{{ seat.name }}\n"
                "```html\n{{ seat.name }}\n```\n```\n{{ seat.name }}\n```\n")  # fmt: skip
    found = page(render(made, {"seat.name": evil}))
    assert found.text.count(evil.replace("\x1b", "")) == 5
    assert "\\{{" not in found.text
    assert found.text.count("{{ seat.name }}") == 1


def test_a_variable_without_value_is_told() -> None:
    with pytest.raises(NotFound, match=r"seat\.name"):
        render(step("{{ seat.name }}"), {})


def test_tables_have_no_inline_style() -> None:
    made = shown("|a|b|\n|:-|-:|\n|c|d|\n")
    assert [each.get("class") for each in made.of("td")] == ["left", "right"]


def test_words_can_be_translated() -> None:
    text = render(step("```sh {run}\nls\n```\n:::tip\na\n:::"), {}, words=GERMAN)
    assert "Ausführen" in text
    assert "Tipp" in text


def test_code_of_a_known_language_is_coloured_and_any_other_is_plain() -> None:
    assert '<span class="' in highlight("echo $a", "sh")
    assert highlight("<b>", "no-such-language") == "&lt;b&gt;"
    assert highlight("a\n\n", "sh").endswith("\n")
    assert "<span" not in highlight("echo $a;" * LONGEST, "sh")


def test_every_colour_can_be_read_on_its_background() -> None:
    """WCAG 2.1 AA: https://www.w3.org/TR/WCAG21/#contrast-minimum"""
    css = stylesheet()
    backgrounds = re.findall(r"pre \{ background: (#\w+); color: (#\w+)", css)
    light, dark = backgrounds[0][0], backgrounds[1][0]
    assert len(backgrounds) == 3
    pairs = backgrounds + [
        (light if line.startswith(".step") else dark, colour)
        for line in css.splitlines()
        for colour in re.findall(r"pre \.\w+ \{[^}]*?(?<!-)\bcolor: (#\w+)", line)
    ]
    assert len(pairs) > 50
    assert min(_contrast(*pair) for pair in pairs) >= 4.5


def _contrast(a: str, b: str) -> float:
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
