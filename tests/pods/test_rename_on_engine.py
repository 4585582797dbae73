"""rename on the real engine: what is in volumes is there under the new name."""

from __future__ import annotations

import dataclasses

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.errors import PodlabError
from podlab.model import Container, EmptyDir, Metadata, Pod, PodSpec, Volume, VolumeMount
from podlab.pods.library import RunningPod
from podlab.pods.rename import kept_volumes, rename
from tests.conftest import leftovers

pytestmark = pytest.mark.engine


@pytest.fixture
def wanted(pod_name: str, image: str) -> Pod:
    mounts = (
        VolumeMount(name="data", mount_path="/srv/data"),
        VolumeMount(name="fast", mount_path="/fast"),
    )
    app = Container(name="app", image=image, command=("sleep", "1000"), volume_mounts=mounts)
    reader = dataclasses.replace(
        app, name="reader", volume_mounts=(VolumeMount(name="data", mount_path="/d", read_only=True),)
    )
    volumes = (
        Volume(name="data", empty_dir=EmptyDir()),
        Volume(name="fast", empty_dir=EmptyDir(medium="Memory")),
    )
    spec = PodSpec(containers=(reader, app), volumes=volumes, termination_grace_period_seconds=1)
    return Pod(metadata=Metadata(name=pod_name), spec=spec)


async def test_what_volumes_hold_is_copied(engine: DockerEngine, wanted: Pod) -> None:
    assert [(each.container, each.path) for each in kept_volumes(wanted)] == [("app", "/srv/data")]
    new = f"{wanted.name}-new"
    try:
        await engine.apply(wanted)
        script = "cd /srv/data; mkdir sub; echo hello >sub/file; chown 12:34 sub/file; chmod 600 sub/file"
        await RunningPod(engine, wanted.name).exec("app", ["sh", "-c", script], check=True)
        await rename(engine, wanted.name, new)
        look = ["sh", "-c", "cat /d/sub/file; stat -c '%u %g %a' /d/sub/file; hostname"]
        done = await RunningPod(engine, new).exec("reader", look, check=True)
        assert done.stdout.decode().split() == ["hello", "12", "34", "600", new]
        assert (await engine.get(new)).running == 2
        assert not [name for _, name in leftovers(wanted.name) if new not in name]
    finally:
        await engine.delete(new, grace_s=0)
        await engine.delete(wanted.name, grace_s=0)


async def test_a_failure_leaves_the_old_one_running(
    engine: DockerEngine, wanted: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = f"{wanted.name}-new"

    async def broken(*words: object) -> None:
        raise PodlabError("the disk is full")

    try:
        await engine.apply(wanted)
        monkeypatch.setattr(engine, "write_archive", broken)
        with pytest.raises(PodlabError, match="the disk is full"):
            await rename(engine, wanted.name, new)
        assert (await engine.get(wanted.name)).running == 2
        assert not [name for _, name in leftovers(new)]
    finally:
        await engine.delete(new, grace_s=0)
        await engine.delete(wanted.name, grace_s=0)
