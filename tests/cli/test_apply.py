"""apply: as up, with a look before."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

FILE = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: app, image: busybox, command: [sleep, "600"]}
  - {name: side, image: busybox, command: [sleep, "600"]}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {user: me, password: first}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "web.yaml"
    file.write_text(FILE)
    return file


def test_it_does_what_up_does(podlab: Podlab, file: Path) -> None:
    assert podlab("apply", str(file)).out == "pod/web created, ready\n"
    assert podlab("apply", str(file)).out == "pod/web unchanged, ready\n"
    assert podlab("apply", str(file), "-o", "name").out == "web\n"


def test_the_difference_is_shown_and_then_made(podlab: Podlab, file: Path, engine: FakeEngine) -> None:
    podlab("apply", str(file))
    file.write_text(FILE.replace("name: side, image: busybox", "name: side, image: alpine"))
    looked = podlab("apply", "--diff", "--dry-run", str(file)).out
    assert "--- pod/web as it is" in looked
    assert "-    image: busybox\n+    image: alpine\n" in looked
    assert "pod/web: 1 step\n  recreate side (changed)\n" in looked
    assert "alpine" not in str(asyncio.run(engine.spec("web")))
    done = podlab("apply", "--diff", str(file)).out
    assert done == looked + "pod/web changed, ready\n"
    assert podlab("apply", "--diff", "--dry-run", str(file)).out == "pod/web: nothing differs\n"


def test_programs_read_the_difference_as_json(podlab: Podlab, file: Path) -> None:
    (found,) = podlab("apply", "--diff", "--dry-run", "-o", "json", str(file)).json
    assert found["name"] == "pod/web"
    assert found["diff"][0] == "--- nothing"
    assert found["steps"][0] == "create (pod is missing)"
    assert found["refused"] is None


def test_without_diff_a_dry_run_prints_commands(podlab: Podlab, file: Path, engine: FakeEngine) -> None:
    assert "docker run" in podlab("apply", "--dry-run", str(file)).out
    assert asyncio.run(engine.list()) == []


def test_what_needs_another_pod_is_refused_with_the_difference(podlab: Podlab, file: Path) -> None:
    podlab("apply", str(file))
    file.write_text(FILE.replace("spec:", "spec:\n  hostname: other"))
    done = podlab("apply", "--diff", str(file))
    assert done.code == 1
    assert "+  hostname: other" in done.out
    assert "would have to be replaced" in done.err


def test_a_secret_shows_only_which_values_change(podlab: Podlab, file: Path) -> None:
    file.write_text(SECRET)
    podlab("apply", str(file))
    file.write_text(SECRET.replace("first", "second"))
    done = podlab("apply", "--diff", str(file)).out
    assert '+  password: "*** (changed)"' in done
    assert not {"first", "second", "Zmlyc3Q=", "c2Vjb25k"} & set(done.split())


def test_a_file_that_is_wrong_is_told_with_its_place(podlab: Podlab, file: Path) -> None:
    file.write_text(FILE.replace("image: busybox", "imag: busybox", 1))
    done = podlab("apply", "--diff", str(file))
    assert done.code == 1
    assert "web.yaml:6:" in done.err
    assert podlab("apply", "nowhere.yaml").code == 3
