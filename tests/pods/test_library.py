"""`import podlab`: an engine and its pods as `async with` blocks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import podlab
from podlab.engines import connect as engines
from podlab.testing.fake import FakeEngine

FILE = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: app, image: busybox, command: [sleep, "600"]}]
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()

    async def connected(name: str = "", host: str = "") -> FakeEngine:
        return fake

    monkeypatch.setattr(engines, "connect", connected)
    return fake


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "pod.yaml"
    file.write_text(FILE)
    return file


async def test_a_pod_is_there_inside_the_block_and_gone_after_it(engine: FakeEngine, file: Path) -> None:
    async with podlab.connect() as lab:
        async with lab.pod(file) as pod:
            assert (await pod.status()).phase is podlab.Phase.RUNNING
            assert [status.name for status in await lab.pods()] == ["web"]
        assert await lab.pods() == []


async def test_a_pod_can_be_kept_and_named(engine: FakeEngine, file: Path) -> None:
    async with podlab.connect() as lab:
        async with lab.pod(file, name="kept", keep=True):
            pass
        assert (await lab.running("kept").status()).running == 1
        await lab.running("kept").delete()


async def test_a_block_that_fails_leaves_no_pod(engine: FakeEngine, file: Path) -> None:
    with pytest.raises(RuntimeError):
        async with podlab.pod(file):
            raise RuntimeError
    assert await engine.list() == []


async def test_exec_gives_output_and_code(engine: FakeEngine, file: Path) -> None:
    async with podlab.pod(file) as pod:
        done = await pod.exec("app", ["sh", "-c", "echo out; exit 3"])
        assert (done.exit_code, done.stdout) == (3, b"out\n")
        assert (await pod.exec("app", ["cat"], stdin=b"hello")).stdout == b"hello"
        with pytest.raises(podlab.PodlabError, match="failed with exit code 3: out"):
            await pod.exec("app", ["sh", "-c", "echo out; exit 3"], check=True)


async def test_a_file_with_two_pods_is_refused(engine: FakeEngine, file: Path) -> None:
    file.write_text(FILE + "---\n" + FILE.replace("web", "api"))
    with pytest.raises(podlab.Invalid, match="has 2 pods"):
        async with podlab.pod(file):
            pass


async def test_a_pod_made_in_python_is_checked(engine: FakeEngine) -> None:
    broken = podlab.Pod(metadata=podlab.Metadata(name="No Name"), spec=podlab.PodSpec())
    with pytest.raises(podlab.Invalid) as error:
        async with podlab.pod(broken):
            pass
    assert any("metadata.name" in line for line in error.value.problems)


@pytest.mark.engine
async def test_a_real_pod_with_logs(docker_host: str, image: str, pod_name: str, file: Path) -> None:
    file.write_text(
        FILE.replace("busybox", image).replace('[sleep, "600"]', '[sh, -c, "echo up; sleep 600"]')
    )
    async with podlab.connect() as lab, lab.pod(file, name=pod_name) as pod:
        assert (await pod.exec("app", ["hostname"], check=True)).stdout == f"{pod_name}\n".encode()
        async with asyncio.timeout(60):
            name, line = await anext(pod.logs(follow=True))
        assert (name, line.text) == ("app", b"up")
        assert [(name, line.text) async for name, line in pod.logs()] == [("app", b"up")]
