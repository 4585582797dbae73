from __future__ import annotations

from pathlib import Path

import pytest

from podlab.errors import NotFound
from podlab.lesson import grade
from podlab.lesson.importers import importer
from tests.lesson.importers.trees import imported

POST = """\
---
layout: post
title: "Two nodes"
author: "@somebody"
terms: 2
---
Before the first heading, see [the other one](/other-post){: .button}.

* TOC
{:toc}

## Start
```.term1
docker container run -d nginx
```
Then:
1. in the second terminal
   ```.term2
   docker ps --format '{{.Names}}'
   ```

```
REPOSITORY   TAG
```

Open [the page](/){:data-term=".term2"}{:data-port="8080"}, or
[its status](/status){:data-term=".term1"}{:data-port="80"}.
<b>Mind</b> the <a href="https://docs.example/">docs</a>. {{ site.baseurl }} <iframe src="x"></iframe>

![A picture](/images/there.svg) ![Gone](/images/gone.svg)

```yaml
name: {{ values.name }}
```

## Quiz

{:.quiz}
Which platforms?
- [x] Linux
- [x] Windows
- [ ] Amiga

{:.quiz}
How many
are there?
- ( ) One
- (x) Two

{:.quiz}
Several, and marked as one?
- (x) a
- (x) b
- ( ) c

{:.quiz}
None right?
- ( ) a
- ( ) b
"""
FILES = {"_posts/2017-01-20-two-nodes.markdown": POST, "images/there.svg": "<svg/>", "_config.yml": ""}


@pytest.fixture
def made(tmp_path: Path):  # type: ignore[no-untyped-def]
    return imported("play-with-docker", tmp_path, FILES, "_posts/2017-01-20-two-nodes.markdown")


def test_headings_become_steps_and_terminals_are_named(made) -> None:  # type: ignore[no-untyped-def]
    assert (made.workshop.metadata.name, made.lesson.title) == ("two-nodes", "Two nodes")
    assert [step.title for step in made.lesson.steps] == ["Two nodes", "Start", "Quiz"]
    assert [terminal.name for terminal in made.workshop.spec.terminals] == ["term1", "term2"]
    assert [(c.terminal, c.text) for c in made.lesson.commands.values()] == [
        ("term1", "docker container run -d nginx"), ("term2", "docker ps --format '{{.Names}}'"),
    ]  # fmt: skip


def test_links_to_ports_become_previews(made) -> None:  # type: ignore[no-untyped-def]
    assert {p.name: p.port for p in made.workshop.spec.previews} == {"port-80": 80, "port-8080": 8080}
    assert (
        "Open [the page]({{preview.port-8080}}/), or\n[its status]({{preview.port-80}}/status)."
        in made.text(1)
    )


def test_a_quiz_with_several_right_answers_is_right_with_all_of_them(made) -> None:  # type: ignore[no-untyped-def]
    """On the site it never was: it compared the answers one by one."""
    first, second, third = made.lesson.quizzes.values()
    assert [first.is_multiple, second.is_multiple, third.is_multiple] == [True, False, True]
    assert second.question.text == "How many are there?"
    for quiz in (first, second, third):
        assert grade(quiz, {choice.id for choice in quiz.choices if choice.is_right}).is_right
    assert [choice.is_right for choice in third.choices] == [True, True, False]


def test_a_docker_lesson_gets_a_daemon_that_gives_little_away_and_its_images(made) -> None:  # type: ignore[no-untyped-def]
    containers = {each.name: each for each in made.workshop.spec.pod.spec.containers}
    assert containers.keys() == {"mirror", "dind", "work"}
    assert not containers["dind"].security_context.privileged
    assert made.workshop.spec.images.preload == ("nginx:latest",)


def test_pictures_come_along(made) -> None:  # type: ignore[no-untyped-def]
    assert [asset.name for asset in made.lesson.assets] == ["files/there.svg"]
    assert "*Gone*" in made.text(1)


def test_what_did_not_come_along_is_told_with_its_line(made) -> None:  # type: ignore[no-untyped-def]
    file = "_posts/2017-01-20-two-nodes.markdown"
    assert made.losses == [
        f"{file}:1: 'author' of the front matter has no place in a lesson",
        f"{file}:1: terms: 2: they were machines of their own; here they are terminals of one seat",
        f"{file}:7: kramdown's {{: .button}} is left out",
        f"{file}:7: the link to /other-post is left out: no such file here",
        f"{file}:10: kramdown's {{:toc}} is left out",
        f'{file}:28: HTML has no place in a lesson; the tag <iframe src="x"> is left out',
        f"{file}:28: Jekyll's {{{{ site.baseurl }}}} is left out",
        f"{file}:30: the image /images/gone.svg is left out: no such file here",
        f"{file}:51: 2 answers of a quiz with '( )' are right; any number can be ticked now",
        f"{file}:57: a quiz without a right answer, or with one choice, became text",
    ]
    assert dict(made.draft.report.carried) == {
        "commands": 2, "links to ports": 2, "images": 1, "quizzes": 3, "steps": 3,
    }  # fmt: skip


def test_a_folder_without_markdown_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no Markdown"):
        importer("play-with-docker").read(tmp_path)
