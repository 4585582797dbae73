from __future__ import annotations

import json
from pathlib import Path

import pytest

from podlab.errors import Invalid, NotFound
from podlab.lesson.importers import importer
from tests.lesson.importers.trees import imported, tree

INDEX = {
    "title": "Web servers",
    "description": "x",
    "details": {
        "intro": {"title": "Hello", "text": "intro.md", "foreground": "intro.sh"},
        "steps": [
            {"title": "Start `nginx`", "text": "step1/text.md", "verify": "step1/verify.sh"},
            {"text": "step2.md", "verify": "gone.sh"},
        ],
        "finish": {"text": "finish.md"},
        "assets": {"host01": [{"file": "app.js", "target": "/root"}]},
    },
    "backend": {"imageid": "ubuntu"},
    "interface": {"layout": "ide"},
}
STEP1 = """\

<br>
Run it:

```
docker run -d -p 80:80 nginx:alpine
```{{exec}}

`docker ps`{{execute T2}}

or type `uname -a`{{exec}} in a line, `copy me`{{copy}} or `not me`{{}}.

```yaml {2,3}
a: 1
```{{copy}}

Open [NGINX]({{TRAFFIC_HOST1_80}}/index.html), [ports]({{TRAFFIC_SELECTOR}})
or https://[[HOST_SUBDOMAIN]]-8080-[[KATACODA_HOST]].environments.katacoda.com/.

<details>
<summary>Solution</summary>

Look.
</details>
"""
STEP2 = """\
>>Q1: Which one is **right**? <<
( ) a
(*) b

>>Q2: Which two? <<
[*] a
[ ] b
[*] c

>>Q3: Type it <<
=== --memory
"""
FILES = {
    "index.json": json.dumps(INDEX, indent=1), "intro.md": "Welcome", "intro.sh": "#!/bin/bash\napt-get install x\n",
    "step1/text.md": STEP1, "step1/verify.sh": "#!/bin/bash\n\n[[ -n $(docker ps -q) ]]\n", "step2.md": STEP2,
    "finish.md": "Bye", "app.js": "x",
}  # fmt: skip


def test_a_scenario_becomes_a_workshop(tmp_path: Path) -> None:
    made = imported("killercoda", tmp_path, FILES)
    assert (made.lesson.title, made.workshop.metadata.name) == ("Web servers", "source")
    assert [step.title for step in made.lesson.steps] == ["Hello", "Start `nginx`", "Step 3", "The end"]
    assert [(c.terminal, c.text) for c in made.lesson.steps[1].commands] == [
        ("tab1", "docker run -d -p 80:80 nginx:alpine"), ("tab2", "docker ps"), ("tab1", "uname -a"),
    ]  # fmt: skip
    assert {p.name: p.port for p in made.workshop.spec.previews} == {"port-80": 80, "port-8080": 8080}
    assert "[NGINX]({{preview.port-80}}/index.html), ports" in made.text(1)
    assert ":::hint Solution\n\n\nLook.\n:::" in made.text(1)
    assert "```yaml {copy}\na: 1\n```" in made.text(1)


def test_verify_becomes_a_check_that_opens_the_next_step(tmp_path: Path) -> None:
    (check,) = imported("killercoda", tmp_path, FILES).lesson.checks.values()
    assert (check.name, check.opens_next, check.shell) == ("Start 'nginx'", True, "bash")
    assert check.command == "[[ -n $(docker ps -q) ]]"


def test_quizzes_with_choices_come_along(tmp_path: Path) -> None:
    made = imported("killercoda", tmp_path, FILES)
    one, two = made.lesson.quizzes.values()
    assert (one.question.text, one.is_multiple) == ("Which one is right?", False)
    assert [choice.is_right for choice in two.choices] == [True, False, True]
    assert "Type it" in made.text(2)


def test_what_did_not_come_along_is_told_with_its_line(tmp_path: Path) -> None:
    assert imported("killercoda", tmp_path, FILES).losses == [
        "index.json:8: the foreground script intro.sh ran by itself; it is a command now",
        "index.json:18: no such file: gone.sh",
        "index.json:27: the asset 'app.js' is not put into the seat, at '/root'",
        "index.json:34: the machine 'ubuntu': a seat is a pod; see its podlab.yaml",
        'index.json:36: \'interface\' has no place in a lesson: {"layout": "ide"}',
        "step1/text.md:11: code in the middle of a line has no button to copy it",
        "step1/text.md:11: commands in the middle of a line stand below it now",
        "step1/text.md:17: the variable {{TRAFFIC_SELECTOR}} has no value in a seat",
        "step2.md:10: an answer was to be typed, '--memory'; the question is text now",
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"title": "x"}', '{"details": 1}'])
def test_what_is_no_scenario_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match=r"index\.json"):
        importer("killercoda").read(tree(tmp_path, {"index.json": text}))
    with pytest.raises(NotFound, match=r"no index\.json"):
        importer("killercoda").read(tmp_path / "gone")
