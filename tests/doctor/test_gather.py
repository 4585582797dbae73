"""The facts of a real engine, and nothing left on it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from podlab.doctor import gather as gathering
from podlab.doctor import probe, probes, read
from podlab.doctor.gather import gather
from podlab.doctor.probe import Probe
from podlab.doctor.report import report
from podlab.engines.docker.address import Address
from podlab.engines.docker.api import Client
from podlab.engines.docker.delete import remove_container
from podlab.engines.docker.engine import DockerEngine
from tests.conftest import docker

pytestmark = pytest.mark.engine


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What the probes of one test made on the engine, which others use at the same time."""

    role: str
    volumes: set[str] = field(default_factory=set)

    def left(self) -> list[str]:
        containers = docker("ps", "-aq", "--filter", f"label=podlab.io/role={self.role}")
        volumes = docker("volume", "ls", "-q")
        assert (containers.returncode, volumes.returncode) == (0, 0)
        return containers.stdout.decode().split() + sorted(
            self.volumes & set(volumes.stdout.decode().split())
        )


@pytest.fixture(autouse=True)
def traces(monkeypatch: pytest.MonkeyPatch) -> Traces:
    """Probes have a role of the test's own, and their volumes are noted before the containers are removed."""
    traces = Traces(role=f"probe-{uuid.uuid4().hex[:10]}")

    async def note_and_remove(client: Client, name: str) -> None:
        inspected = await asyncio.to_thread(docker, "inspect", "--format", "{{json .Mounts}}", name)
        assert inspected.returncode == 0, inspected.stderr.decode()
        traces.volumes.update(each["Name"] for each in json.loads(inspected.stdout) if "Name" in each)
        await remove_container(client, name)

    monkeypatch.setattr(probe, "ROLE", traces.role)
    monkeypatch.setattr("podlab.doctor.probe.remove_container", note_and_remove)
    return traces


async def connected() -> DockerEngine:
    return await DockerEngine.connect(os.environ["DOCKER_HOST"])


async def test_an_engine_is_looked_at_and_left_as_it_was(image: str, traces: Traces) -> None:
    facts = await gather(await connected(), nested=False)
    info = json.loads(docker("info", "--format", "{{json .}}").stdout)
    engine, machine = facts.engine, facts.machine
    assert engine is not None and machine is not None
    assert (engine.version, engine.cpus) == (info["ServerVersion"], info["NCPU"])
    assert machine.seen_by == "a container"
    assert machine.get("kernel/pid_max") and machine.get("fs/inotify/max_user_instances")
    assert 0 < (machine.get("MemAvailable") or 0) * 1024 <= info["MemTotal"]
    free = shutil.disk_usage(info["DockerRootDir"]).free
    assert machine.get("free_bytes") == pytest.approx(free, rel=0.5)  # others write on it
    assert facts.privileged and facts.privileged.worked, facts.privileged
    assert facts.caps and facts.caps.worked, facts.caps
    assert facts.rootless and facts.rootless.worked, facts.rootless
    assert facts.nested is None
    assert abs(engine.clock_ahead_s) < 60  # a slow answer looks like a clock that is wrong
    found = report(facts)
    assert found.seats is not None and found.seats.fits > 0
    assert traces.volumes, "the disk is measured in a volume"
    assert traces.left() == []


@pytest.mark.parametrize("level", ["privileged", "caps"])
async def test_a_nested_daemon_runs_a_container_and_leaves_nothing(
    docker_host: str, level: Any, traces: Traces
) -> None:
    if docker("image", "inspect", "docker:dind").returncode:
        pytest.fail("docker:dind is not on the engine: run podlab images prepare docker:dind")
    found = await probe.run((await connected()).client, probes.nested("docker:dind", level))
    assert found.worked, found.said
    assert f"of level {level}, and runs a container of its own" in found.said
    assert traces.volumes, "the daemon keeps its images in a volume"
    assert traces.left() == []


async def test_two_doctors_at_once_do_not_meet(image: str, traces: Traces) -> None:
    engine = await connected()
    both = await asyncio.gather(gather(engine, nested=False), gather(engine, nested=False))
    assert all(facts.privileged and facts.privileged.worked for facts in both)
    assert traces.left() == []


@pytest.mark.parametrize("after_s", [0.02, 0.15, 0.5])
async def test_a_cancelled_doctor_leaves_nothing(
    image: str, after_s: float, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Probe(name="rootless", image=image, script="sleep 60", timeout_s=60)
    monkeypatch.setattr(probes, "rootless", lambda image: endless)  # else the doctor may be done before
    task = asyncio.create_task(gather(await connected(), nested=False))
    await asyncio.sleep(after_s)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert traces.left() == []


async def test_a_probe_that_does_not_end_is_removed(image: str, traces: Traces) -> None:
    client = (await connected()).client
    found = await probe.run(client, Probe(name="slow", image=image, script="sleep 60", timeout_s=1.5))
    assert (found.worked, found.said) == (False, "it did not end within 2 s")
    assert traces.left() == []


async def test_what_a_killed_doctor_left_is_swept(
    image: str, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = (await connected()).client
    name = f"podlab-probe.left.{traces.role}"
    made = docker("create", "--name", name, "--label", f"podlab.io/role={traces.role}", image)
    assert made.returncode == 0, made.stderr.decode()
    await probe.sweep(client)
    assert traces.left() != []  # it may be that of a doctor at work
    monkeypatch.setattr(probe, "ABANDONED_S", -60)
    await probe.sweep(client)
    assert traces.left() == []


async def test_a_container_that_the_engine_refuses_is_a_fact(docker_host: str) -> None:
    client = (await connected()).client
    found = await probe.run(client, Probe(name="none", image="podlab-test/no-such:image", script="true"))
    assert not found.worked and "no-such" in found.said


async def test_an_engine_that_does_not_answer_is_a_finding() -> None:
    engine = DockerEngine(Client(Address(kind="unix", path="/nonexistent/docker.sock")))
    found = report(await gather(engine))
    assert (found.is_healthy, found.findings[0].id) == (False, "engine.reachable")
    assert "/nonexistent/docker.sock" in found.findings[0].found
    assert "podlab engine start" in found.findings[0].fix


async def test_an_engine_that_hangs_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "ENGINE_TIMEOUT_S", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    path = tmp_path / "docker.sock"
    async with await asyncio.start_unix_server(silent, path):
        found = report(await gather(DockerEngine(Client(Address(kind="unix", path=str(path))))))
    assert not found.is_healthy
    assert "does not answer within" in found.findings[0].found and "journalctl" in found.findings[0].fix


async def test_without_an_image_we_look_ourselves_where_the_engine_is_on_our_machine(
    docker_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_usable", tuple)
    facts = await gather(await connected())
    assert facts.machine is not None
    assert facts.machine.seen_by == "podlab itself"
    assert facts.privileged is None
    found = report(facts)
    assert found.seats is not None and found.seats.fits > 0


async def test_the_same_script_runs_in_a_shell_of_our_own() -> None:
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", probes.look("/"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    found = read.machine(said.decode())
    assert found.keys() >= {"MemAvailable", "free_bytes", "tasks", "kernel/pid_max"}
