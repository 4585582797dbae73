"""A seat's files out of a real engine, also those that lie in memory; and its compose file, which Compose takes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.docker.engine import DockerEngine
from podlab.manifest.workshop import Workshop
from podlab.model import EmptyDir, EnvVar, Volume, VolumeMount
from podlab.workshop.running import run
from podlab.workshop.take_home.packing import pack
from tests.workshop.conftest import workshop_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SCRIPT = r"""
cd; mkdir -p deep/er; echo mine >deep/er/file; ln deep/er/file same; ln -s /etc/passwd link; mkfifo pipe
name=$(printf 'n\377me'); echo odd >"$name"; chmod 4755 same
dd if=/dev/zero of=big bs=1024 count=2048
"""


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[DockerEngine]:
    """The real one; that of this folder is in memory."""
    engine = await DockerEngine.connect(docker_host)
    yield engine
    await engine.close()


def in_memory(workshop: Workshop) -> Workshop:
    """With a home that is a tmpfs."""
    template = workshop.spec.pod
    (container,) = template.spec.containers
    told = replace(
        container, env=(EnvVar(name="HOME", value="/home/ann"),),
        volume_mounts=(VolumeMount(name="home", mount_path="/home/ann"),),
    )  # fmt: skip
    home = Volume(name="home", empty_dir=EmptyDir(medium="Memory", size_limit="8Mi"))
    spec = replace(template.spec, containers=(told,), volumes=(home,))
    return replace(workshop, spec=replace(workshop.spec, pod=replace(template, spec=spec)))


async def test_a_home_in_memory_is_taken_as_it_is(
    engine: DockerEngine, image: str, pod_name: str, tmp_path: Path
) -> None:
    workshop = in_memory(workshop_of(pod_name, image=image))
    try:
        await engine.apply(workshop.pod())
        made = await run(
            engine, pod_name, "work", ("sh", "-euc", SCRIPT), timeout_s=60, options=ExecOptions()
        )
        assert made.exit_code == 0, made
        data = b"".join([each async for each in pack(engine, workshop, pod_name, {}, limit_bytes=1 << 20)])
    finally:
        await engine.delete(pod_name, grace_s=0)
    subprocess.run(["tar", "-xz", "-C", str(tmp_path)], input=data, check=True)  # noqa: ASYNC221
    top = tmp_path / pod_name
    home = top / "home" / "work"
    assert (home / "deep" / "er" / "file").read_text() == "mine\n"
    assert (home / "same").samefile(home / "deep" / "er" / "file")
    assert (home / "link").readlink() == Path("/etc/passwd")
    assert (home / "n\udcffme").read_text() == "odd\n"
    assert not (home / "pipe").exists() and not (home / "big").exists()
    readme = (top / "README.md").read_text()
    assert "`home/work/big`" in readme and "`home/work/pipe`" in readme and ":/home/ann" in readme
    if shutil.which("docker-compose"):
        command = ["docker-compose", "-f", str(top / "compose.yaml"), "config", "-q"]
        checked = subprocess.run(command, capture_output=True, text=True)  # noqa: ASYNC221
        assert checked.returncode == 0, checked.stderr
