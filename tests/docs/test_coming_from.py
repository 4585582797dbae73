"""The commands of docs/coming-from.md: all can be typed, and on an engine they do what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from podlab.cli.main import main
from podlab.cli.table import Podlab
from tests.conftest import IMAGE, docker

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from.md").read_text()
COMMANDS = [
    command
    for row in re.findall(r"^\| `.*\|$", PAGE, re.MULTILINE)
    for command in re.findall(r"`(podlab [^`]+)`", row.split(" | ")[-1])
]
"""The last column of every table."""

WEB = f"""
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{app: web}}}}
spec:
  containers:
    - name: app
      image: {IMAGE}
      command: [sh, -c, "trap 'exit 0' TERM; echo hello; while :; do sleep 0.2; done"]
    - name: side
      image: {IMAGE}
      command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
"""
GOES_ON = re.compile(r" (-f|attach|port-forward|agent)\b")
ONLY_TYPED = re.compile(r" (update|agent install|--previous)\b")
"""Needs a registry, changes the machine, or is about a crash."""
ENDS_THE_POD = re.compile(r" (down|kill|prune)\b")
READS_KEYS = re.compile(r" (shell|debug|run)\b")

SITE = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: site}}
spec:
  selector: {{matchLabels: {{app: site}}}}
  template:
    metadata: {{labels: {{app: site}}}}
    spec:
      containers:
        - name: app
          image: {IMAGE}
          command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
"""


def test_there_is_a_column_for_podlab_in_every_table() -> None:
    assert len(COMMANDS) > 50


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_it_can_be_typed(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _folder(tmp_path, monkeypatch)
    podlab = Podlab()
    words = shlex.split(command)[1:]
    with podlab.make_context("podlab", words) as context:
        name, found, rest = podlab.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        found.make_context(name, rest, parent=context)


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_all_of_them_do_what_they_say(
    private_engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", private_engine)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    _folder(tmp_path, monkeypatch)
    for name in ("busybox:latest", "busybox:1.37"):
        assert docker("tag", IMAGE, name).returncode == 0
    _run("podlab up web.yaml")
    for command in dict.fromkeys(COMMANDS):
        if ONLY_TYPED.search(command):
            continue
        _run(command)
        if ENDS_THE_POD.search(command):
            _run("podlab up --replace web.yaml")


def _folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "web.yaml").write_text(WEB)
    (folder / "site.yaml").write_text(SITE)
    (folder / "page.html").write_text("<p>hello</p>\n")


def _run(command: str) -> None:
    """Until it ends well, or, where it would go on for ever, until it has done so for a while."""
    arguments = shlex.split(command)[1:]
    if not GOES_ON.search(command) and not READS_KEYS.search(command):
        assert main(arguments) == 0, command
        return
    words = [sys.executable, "-m", "podlab.cli", *arguments]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        out, _ = process.communicate(timeout=2 if GOES_ON.search(command) else 120)
    except subprocess.TimeoutExpired:
        process.kill()  # a gentler signal goes to the container that it is attached to
        out, _ = process.communicate()
        assert GOES_ON.search(command), f"{command} does not end: {out}"
    else:
        assert process.returncode == 0, f"{command} left with {process.returncode}: {out}"
