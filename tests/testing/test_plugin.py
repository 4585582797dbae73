"""The pytest plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.testing.fake import FakeEngine
from podlab.testing.plugin import podlab_pod as fixture

# Where podlab is installed, its entry point has registered the plugin; a checkout in PYTHONPATH has none.
podlab_pod = fixture

POD = Pod(
    metadata=Metadata(name="web"),
    spec=PodSpec(containers=(Container(name="app", image="busybox", command=("sleep", "1000")),)),
)


def test_the_plugin_costs_nothing_where_it_is_not_used() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import podlab.testing.plugin; "
        "print(sorted(set(sys.modules) - before - {'uuid', '_uuid', 'platform'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert eval(done.stdout) == ["podlab", "podlab.testing", "podlab.testing.plugin"]


async def test_each_pod_has_a_name_of_its_own_and_is_removed(
    podlab_pod: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()

    async def connected(name: str = "", host: str = "") -> FakeEngine:
        return engine

    monkeypatch.setattr("podlab.engines.connect.connect", connected)
    async with podlab_pod(POD) as first, podlab_pod(POD) as second:  # type: ignore[operator]
        assert first.name != second.name
        assert (await first.exec("app", ["sh", "-c", "exit 7"])).exit_code == 7
        assert len(await engine.list()) == 2
    assert await engine.list() == []


@pytest.mark.engine
async def test_a_pod_of_a_file_runs_and_is_removed(
    podlab_pod: object, image: str, pod_name: str, tmp_path: Path
) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
        f"  - {{name: app, image: '{image}', imagePullPolicy: Never, command: [sleep, '1000']}}\n"
    )
    async with podlab_pod(file, name=pod_name) as pod:  # type: ignore[operator]
        done = await pod.exec("app", ["echo", "hello"])
        assert (done.exit_code, done.stdout) == (0, b"hello\n")
