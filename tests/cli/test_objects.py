from __future__ import annotations

from pathlib import Path

import pytest

from podlab.testing.fake import FakeEngine
from tests.cli.conftest import Podlab

FILE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {COLOUR: blue, 1st: x}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {word: topsecret}
data: {other: dG9wc2VjcmV0}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: files}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
  containers:
  - name: app
    image: busybox
    command: [sleep, "1000000"]
    envFrom: [{configMapRef: {name: settings}}]
    env: [{name: URL, value: "http://$(WORD)@x"}, {name: WORD, valueFrom: {secretKeyRef: {name: keys, key: word}}}]
    volumeMounts: [{name: files, mountPath: /files}]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "web.yaml"
    path.write_text(FILE)
    return str(path)


def test_objects_come_before_the_pods_of_their_file(podlab: Podlab, file: str) -> None:
    first = podlab("up", file)
    assert first.code == 0
    assert first.out.splitlines() == [
        "configmap/settings created", "secret/keys created", "persistentvolumeclaim/files created",
        "pod/web created, ready",
    ]  # fmt: skip
    assert "keys 1st of ConfigMap 'settings' are no variables' names" in first.err
    assert podlab("exec", "web", "env").out.count("COLOUR=blue") == 1
    again = podlab("up", file)
    assert again.out.splitlines()[:2] == ["configmap/settings unchanged", "secret/keys unchanged"]
    assert podlab("up", file, "-o", "json").json[0]["name"] == "web"


def test_a_dry_run_puts_nothing_and_shows_no_secret(podlab: Podlab, file: str, engine: FakeEngine) -> None:
    shown = podlab("up", "--dry-run", file)
    assert shown.code == 0
    assert "# configmap/settings would be put:" in shown.out and "COLOUR: blue" in shown.out
    assert "WORD=***" in shown.out
    for hidden in ("topsecret", "dG9wc2VjcmV0"):
        assert hidden not in shown.out + shown.err
    assert podlab("up", file).code == 0
    for command in (("inspect", "web"), ("describe", "web"), ("ps",), ("logs", "web", "--tail", "5")):
        assert "topsecret" not in podlab(*command).out


def test_what_is_missing_is_told_before_anything_is_made(podlab: Podlab, tmp_path: Path) -> None:
    alone = tmp_path / "pod.yaml"
    alone.write_text(FILE.rpartition("---\n")[2])
    told = podlab("up", str(alone))
    assert told.code == 3
    assert "pod 'web' needs ConfigMap 'settings' (container 'app', envFrom), and there is none" in told.err
    assert "hint: `podlab up` with the file that has it puts it on the engine" in told.err
    assert podlab("ps", "-o", "json").json == []


def test_a_claim_stays_when_its_file_goes_down(podlab: Podlab, file: str) -> None:
    podlab("up", file)
    down = podlab("down", file)
    assert down.out.splitlines() == ["pod/web removed", "configmap/settings removed", "secret/keys removed"]
    assert "persistentvolumeclaim/files stays with its data; --volumes removes it" in down.err
    assert podlab("down", "--volumes", file).out.splitlines() == ["persistentvolumeclaim/files removed"]
    assert podlab("down", file).out == ""


def test_describe_tells_where_variables_and_files_come_from(podlab: Podlab, file: str) -> None:
    podlab("up", file)
    lines = [line.strip() for line in podlab("describe", "web").out.splitlines()]
    assert {
        "all keys of ConfigMap 'settings'", "URL=http://$(WORD)@x", "WORD=<set to the key 'word' of Secret 'keys'>",
        "/files from files", "files: claim 'files'",
    } <= set(lines)  # fmt: skip


def test_objects_are_listed_and_removed_by_name(podlab: Podlab, file: str) -> None:
    podlab("up", file)
    table = podlab("objects").out.splitlines()
    assert table[0].split() == ["NAME", "HAS", "USED", "BY"]
    assert [line.split() for line in table[1:]] == [
        ["configmap/settings", "1st,", "COLOUR", "web"],
        ["persistentvolumeclaim/files", "1Gi,", "ReadWriteOnce", "web"],
        ["secret/keys", "other,", "word", "web"],
    ]
    listed = podlab("objects", "-o", "json")
    assert [each["kind"] for each in listed.json] == ["ConfigMap", "PersistentVolumeClaim", "Secret"]
    assert "topsecret" not in listed.out and "dG9wc2VjcmV0" not in listed.out
    assert podlab("down", "configmap/settings").out == "configmap/settings removed\n"
    told = podlab("down", "cm/settings")
    assert (told.code, "there is no ConfigMap 'settings'" in told.err) == (3, True)
    assert podlab("down", "--ignore-not-found", "cm/settings").code == 0
    assert "is in use by pod" in podlab("down", "--volumes", "pvc/files").err
    assert podlab("objects", "-o", "name").out == "persistentvolumeclaim/files\nsecret/keys\n"
