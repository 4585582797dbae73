from __future__ import annotations

from pathlib import Path

import pytest

from podlab.errors import NotFound
from podlab.lesson.importers import importer
from tests.lesson.importers.trees import Imported, imported

DEFINITION = """\
apiVersion: training.educates.dev/v1beta1
kind: Workshop
spec:
  title: Basics
  session:
    ingresses:
    - {name: app, port: 8080}
    applications:
      editor: {enabled: true}
      docker: {enabled: true}
"""
PAGE = """\
---
title: Begin
---
Your seat is {{< param session_name >}} in {{< param session_namespace >}}.

```terminal:execute
command: docker run -p 80:80 nginx
session: 2
```

```execute
echo 'a: b'
```

```terminal:execute
command: echo a: b
```

{{< note >}}
Mind **it**.
{{< /note >}}

```section:begin
title: More
```
```section:begin
title: Even more
```
```workshop:copy
text: export A=1
```
```section:end
```

```section:end
```

```examiner:execute-test
name: test-it
title: It "runs"
args:
- a b
retries: .INF
timeout: 5
```

```examiner:execute-test
name: gone
title: Gone
```

```editor:append-lines-to-file
file: ~/a.txt
text: |
  one
  two
```

```files:download-file
path: .kube/config
```

```dashboard:open-url
url: https://docs.example
```

```dashboard:create-dashboard
name: App
url: {{< param ingress_protocol >}}://app-{{< param session_name >}}.{{< param ingress_domain >}}/x
```

```terminal:interrupt
session: 2
```

```yaml
a: {{ b.c }}
```
"""
FILES = {
    "resources/workshop.yaml": DEFINITION,
    "workshop/content/00-begin.md": PAGE,
    "workshop/content/01-more/02-sub.md": "+++\ntitle = 'Sub'\n+++\nText\n",
    "workshop/examiner/tests/test-it": '#!/bin/bash\ntest "$1" = "a b"\n',
}


@pytest.fixture
def made(tmp_path: Path) -> Imported:
    return imported("educates", tmp_path, FILES)


def test_pages_become_steps_and_commands_find_their_terminals(made: Imported) -> None:
    assert made.lesson.title == "Basics"
    assert [step.title for step in made.lesson.steps] == ["Begin", "Sub"]
    assert [(c.terminal, c.text) for c in made.lesson.commands.values()] == [
        ("terminal-2", "docker run -p 80:80 nginx"), ("terminal-1", "echo 'a: b'"), ("terminal-1", "echo a: b"),
        ("terminal-1", "cat >> ~/a.txt <<'END'\none\ntwo\nEND"), ("terminal-1", "cat .kube/config"),
    ]  # fmt: skip


def test_a_test_becomes_a_check_with_its_script(made: Imported) -> None:
    (check,) = made.lesson.checks.values()
    assert (check.name, check.is_automatic, check.timeout_s, check.shell) == ('It "runs"', True, 5, "bash")
    assert check.command == 'set -- \'a b\'\ntest "$1" = "a b"'


def test_sections_notes_and_copies_come_along(made: Imported) -> None:
    text = made.text(0)
    assert ":::note\nMind **it**.\n:::" in text
    assert "::::::::hint More\n:::::::hint Even more\n```{copy}\nexport A=1\n```\n:::::::\n\n::::::::" in text
    assert "[https://docs.example](https://docs.example)" in text
    assert "```yaml {raw}" in text


def test_variables_and_ingresses_become_ours(made: Imported) -> None:
    assert "Your seat is {{ seat.name }} in $SESSION_NAMESPACE." in made.text(0)
    assert "[App]({{preview.app}}/x)" in made.text(0)
    assert {p.name: p.port for p in made.workshop.spec.previews} == {"app": 8080}


def test_what_did_not_come_along_is_told_with_its_line(made: Imported) -> None:
    page = "workshop/content/00-begin.md"
    assert made.losses == [
        "resources/workshop.yaml:9: the application 'editor' has no counterpart in a seat",
        f"{page}:4: the variable session_namespace has no value in a seat",
        f"{page}:47: the test 'Gone' has no script {made.source}/workshop/examiner/tests/gone; it is left out",
        f"{page}:52: editor:append-lines-to-file became a command that writes the file",
        f"{page}:59: files:download-file became a command that prints the file",
        f"{page}:72: terminal:interrupt is left out (session: 2)",
    ]


def test_modules_give_the_order_and_the_titles(tmp_path: Path) -> None:
    modules = "modules:\n  b:\n    name: First\n  a:\n    name: Second\n  gone:\n    name: x\n"
    files = {f"workshop/content/{name}.md": name for name in "abc"} | {"workshop/modules.yaml": modules}
    made = imported("educates", tmp_path, files)
    assert [(step.title, step.body.text) for step in made.lesson.steps] == [("First", "b"), ("Second", "a")]
    assert made.losses == [
        "workshop/content/c.md:1: not in modules.yaml, so it is left out",
        "workshop/modules.yaml:6: no such page: gone.md",
    ]


def test_a_folder_without_pages_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no Markdown"):
        importer("educates").read(tmp_path)
