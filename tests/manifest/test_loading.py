from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from podlab.errors import Denied, Invalid, NotFound
from podlab.manifest import load
from podlab.manifest.sources import sources
from podlab.manifest.text import MAX_BYTES
from tests.manifest.manifest_texts import GOOD, WORKSHOP, pod, read, refused


def named(name: str) -> str:
    return pod().replace("name: web", f"name: {name}")


def test_a_file_several_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(named("b"))
    (tmp_path / "a.yaml").write_text(named("a1") + "---\n" + named("a2"))
    (tmp_path / "notes.txt").write_text("not YAML: [")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "c.yaml").write_text(named("c"))
    assert [p.name for p in load([tmp_path]).pods] == ["a1", "a2", "b"]
    assert [p.name for p in load([str(tmp_path / "b.yml"), tmp_path / "inner"]).pods] == ["b", "c"]


def test_a_workshops_folder_is_its_podlab_yaml(tmp_path: Path) -> None:
    (tmp_path / "podlab.yaml").write_text(WORKSHOP)
    (tmp_path / "other.yaml").write_text("not a pod")
    loaded = load([tmp_path])
    assert [p.name for p in loaded.pods] == ["docker-pods"]
    assert loaded.workshops[0].spec.title == "Pods on a Docker Engine"


def test_json_and_lists(tmp_path: Path) -> None:
    file = tmp_path / "pod.json"
    file.write_text(
        '{"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": [\n'
        '\t{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},\n'
        '\t "spec": {"containers": [{"name": "a", "image": "alpine"}]}}]}'
    )
    assert [p.name for p in load([file]).pods] == ["a"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(GOOD.encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    assert [p.name for p in load(["-"]).pods] == ["web"]
    Stdin.buffer = io.BytesIO(b"a: [")
    with pytest.raises(Invalid) as caught:
        load(["-"])
    assert caught.value.problems[0].startswith("<stdin>:1:5: ")


@pytest.mark.parametrize("name", ["gone.yaml", "file.yaml/inside", "a\0b", "x" * 300])
def test_a_missing_file_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.yaml").write_text(GOOD)
    with pytest.raises(NotFound, match="no such file or folder"):
        load([tmp_path / "file.yaml", tmp_path / name])


def test_a_folder_without_yaml_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no YAML file") as caught:
        load([tmp_path])
    assert "podlab.yaml" in caught.value.hint


def test_an_unreadable_file_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.yaml").write_text(GOOD)
    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so chmod would prove nothing
    with pytest.raises(Denied, match="cannot read"):
        load([tmp_path / "a.yaml"])


def test_an_endless_file_is_not_read_to_its_end() -> None:
    (source,) = sources("/dev/zero")
    assert len(source.data) == MAX_BYTES + 1


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"cat > {pipe}"], stdin=subprocess.PIPE) as writer:
        assert writer.stdin
        writer.stdin.write(GOOD.encode())
        writer.stdin.close()
        assert [p.name for p in load([pipe]).pods] == ["web"]


def test_one_name_in_two_files_is_told_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pod())
    (tmp_path / "b.yaml").write_text(pod())
    with pytest.raises(Invalid) as caught:
        load([tmp_path])
    assert caught.value.problems == (
        f"{tmp_path}/b.yaml:3:18: metadata.name: another pod is named 'web' already",
    )


def test_a_container_may_not_take_the_name_of_another_pods_infra() -> None:
    (line,) = refused(named("a-b") + "---\n" + named("a").replace("name: app", "name: b-infra"))
    assert "podlab-a-b-infra" in line


def test_nothing_but_the_standard_library_is_imported_before_a_file_is_read() -> None:
    code = (
        "import sys, podlab.manifest.schema, podlab.manifest.emit\n"
        "heavy = {'ruamel', 'pydantic', 'rich', 'click', 'asyncio'}\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & heavy))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_list_has_no_other_fields() -> None:
    text = "apiVersion: v1\nkind: List\nitem: []\nitems:\n- " + pod().replace("\n", "\n  ")
    assert refused(text) == ["3:1: item: unknown field; did you mean 'items'?"]


def test_an_order_of_documents_is_kept() -> None:
    assert [p.name for p in read(named("z") + "---\n" + named("a")).pods] == ["z", "a"]
