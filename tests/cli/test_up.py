"""up, down and create: what they make, say and return."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from podlab.model import ISOLATED, PUBLISH, Pod
from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

WEB = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: app, image: busybox, command: [sleep, "600"]}
  - {name: side, image: busybox, command: [sleep, "600"]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "web.yaml"
    file.write_text(WEB)
    return file


def spec(engine: FakeEngine, name: str = "web") -> Pod:
    return asyncio.run(engine.spec(name))


def names(engine: FakeEngine) -> list[str]:
    return [status.name for status in asyncio.run(engine.list())]


def test_up_says_what_it_did_with_each_pod(podlab: Podlab, file: Path) -> None:
    assert podlab("up", str(file)).out == "pod/web created, ready\n"
    assert podlab("up", str(file)).out == "pod/web unchanged, ready\n"
    file.write_text(WEB.replace("sleep", "cat", 1))
    assert podlab("up", "--no-wait", str(file)).out == "pod/web changed\n"


def test_up_prints_names_or_states_for_programs(podlab: Podlab, file: Path) -> None:
    assert podlab("up", str(file), "-o", "name").out == "web\n"
    (found,) = podlab("up", str(file), "-o", "json").json
    assert (found["name"], found["phase"], found["wanted"]) == ("web", "Running", 2)


def test_a_folder_and_the_standard_input_are_read(
    podlab: Podlab, file: Path, monkeypatch: pytest.MonkeyPatch, engine: FakeEngine
) -> None:
    (file.parent / "api.yml").write_text(WEB.replace("name: web", "name: api"))
    assert podlab("up", str(file.parent)).code == 0
    assert names(engine) == ["api", "web"]


def test_replicas_are_numbered(podlab: Podlab, file: Path, engine: FakeEngine) -> None:
    assert podlab("up", "--replicas", "3", "--name", "seat", str(file)).code == 0
    assert names(engine) == ["seat-0", "seat-1", "seat-2"]


def test_options_change_the_pod_of_the_file(podlab: Podlab, file: Path, engine: FakeEngine) -> None:
    assert podlab("up", "--isolated", "--lifetime", "1h", "--share", "pid", str(file)).code == 0
    pod = spec(engine)
    assert pod.metadata.annotations[ISOLATED] == "true"
    assert pod.spec.active_deadline_seconds == 3600
    assert pod.spec.share_process_namespace is True


def test_a_dry_run_changes_nothing(podlab: Podlab, file: Path, engine: FakeEngine) -> None:
    assert "web" in podlab("up", "--dry-run", str(file)).out
    assert names(engine) == []
    podlab("up", str(file))
    assert podlab("up", "--dry-run", str(file)).out == "# nothing to do: the pods are as wanted\n"


def test_a_pod_that_is_not_ready_in_time_is_left_and_told(
    podlab: Podlab, file: Path, engine: FakeEngine
) -> None:
    probe = "readinessProbe: {exec: {command: ['false']}}"
    file.write_text(WEB.replace('command: [sleep, "600"]', f'command: [sleep, "600"], {probe}', 1))
    done = podlab("up", "--timeout", "1s", str(file))
    assert done.code == 4
    assert "container 'app' readiness probe failed" in done.err
    assert names(engine) == ["web"]


def test_what_cannot_be_changed_in_place_asks_for_replace(podlab: Podlab, file: Path) -> None:
    podlab("up", str(file))
    file.write_text(WEB.replace("spec:\n", "spec:\n  hostname: other\n"))
    refused = podlab("up", str(file))
    assert refused.code == 1
    assert "--replace" in refused.err
    assert podlab("up", "--replace", str(file)).out == "pod/web created, ready\n"


def test_problems_of_a_file_are_lines_and_nothing_is_made(
    podlab: Podlab, file: Path, engine: FakeEngine
) -> None:
    file.write_text(WEB.replace("image:", "imgae:"))
    refused = podlab("up", str(file))
    assert refused.code == 1
    assert f"{file}:6:17: spec.containers[0].imgae: unknown field; did you mean 'image'?" in refused.err
    assert names(engine) == []
    assert podlab("up", str(file.parent / "nope.yaml")).code == 3


def test_a_field_that_is_refused_can_be_allowed(podlab: Podlab, file: Path) -> None:
    file.write_text(WEB + "  priority: 5\n")
    assert podlab("up", str(file)).code == 1
    allowed = podlab("up", "--allow-ignored", "priority", str(file))
    assert allowed.code == 0
    assert "spec.priority" in allowed.err


def test_one_name_for_two_pods_is_a_usage_error(podlab: Podlab, file: Path) -> None:
    file.write_text(WEB + "---\n" + WEB.replace("name: web", "name: api"))
    assert podlab("up", "--name", "one", str(file)).code == 2


def test_a_name_that_no_pod_can_have(podlab: Podlab, file: Path) -> None:
    refused = podlab("up", "--name", "Not A Name", str(file))
    assert refused.code == 1
    assert "Not A Name" in refused.err


def test_down_takes_names_files_and_all(podlab: Podlab, file: Path, engine: FakeEngine) -> None:
    podlab("up", str(file))
    assert podlab("down", "web").out == "pod/web removed\n"
    podlab("up", str(file))
    assert podlab("down", str(file)).out == "pod/web removed\n"
    assert podlab("down", str(file)).code == 0, "a file's pod that is gone is as it should be"
    podlab("up", "--replicas", "2", str(file))
    podlab("down", "--all", "--grace", "0")
    assert names(engine) == []


def test_down_of_an_unknown_name_is_not_found(podlab: Podlab) -> None:
    done = podlab("down", "nope")
    assert done.code == 3
    assert "there is no pod 'nope'" in done.err
    assert podlab("down", "--ignore-not-found", "nope").code == 0
    assert podlab("down").code == 2


def test_create_makes_an_empty_pod(podlab: Podlab, engine: FakeEngine) -> None:
    done = podlab(
        "create", "lab", "-p", "8080:80", "--lifetime", "10m", "--hostname", "wizard", "--share", "pid"
    )
    assert done.out == "pod/lab created\n"
    pod = spec(engine, "lab")
    assert pod.spec.containers == ()
    assert pod.metadata.annotations == {PUBLISH: "8080:80"}
    assert (pod.spec.hostname, pod.spec.restart_policy, pod.spec.active_deadline_seconds) == (
        "wizard",
        "Never",
        600,
    )
    again = podlab("create", "lab")
    assert again.code == 1
    assert "there already" in again.err


@pytest.mark.parametrize("words", [["-p", "80"], ["-p", "99999:80"], ["--hostname", "Not_A_Host"]])
def test_create_refuses_what_cannot_be(podlab: Podlab, engine: FakeEngine, words: list[str]) -> None:
    assert podlab("create", "lab", *words).code == 1
    assert names(engine) == []
