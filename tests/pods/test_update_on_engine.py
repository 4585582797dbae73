"""update: an image that means another one now is taken over, container by container."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from podlab.cli.main import main
from podlab.engines.docker.engine import DockerEngine
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.pods.update import offered, outdated
from tests.conftest import docker

pytestmark = pytest.mark.engine


@pytest.fixture
def moving(image: str) -> Iterator[str]:
    """A reference of its own to an image that can be made to mean another one."""
    name = f"podlab-test/moving-{uuid.uuid4().hex[:8]}:latest"
    docker("tag", image, name)
    yield name
    docker("rmi", "-f", name)


async def test_only_what_is_outdated_is_made_anew(
    engine: DockerEngine, image: str, moving: str, pod_name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    command = ("sleep", "1000")
    pod = Pod(
        metadata=Metadata(name=pod_name),
        spec=PodSpec(
            containers=(
                Container(name="app", image=moving, command=command),
                Container(name="side", image=image, command=command),
            ),
            termination_grace_period_seconds=1,
        ),
    )
    try:
        await engine.apply(pod)
        before = await engine.get(pod_name)
        assert await outdated(engine.image_store, before) == []
        other = docker("import", "-c", 'CMD ["sh"]', "-", moving, stdin=_rootfs(image))
        assert other.returncode == 0, other.stderr.decode()
        (row,) = await outdated(engine.image_store, await engine.get(pod_name))
        assert (row.container, row.image) == ("app", moving)
        assert await asyncio.to_thread(main, ["update", "--no-pull", "--dry-run", pod_name]) == 0
        assert "app would be made anew" in capfd.readouterr().out
        assert await asyncio.to_thread(main, ["update", "--no-pull", pod_name]) == 0
        assert "app made anew" in capfd.readouterr().out
        now = await engine.get(pod_name)
        assert now.containers[0].image_id == row.newer
        assert now.containers[1] == before.containers[1]
        assert await engine.spec(pod_name) == pod
        assert await asyncio.to_thread(main, ["update", "--no-pull", pod_name]) == 0
        assert capfd.readouterr().out == f"pod/{pod_name} unchanged\n"
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_a_registry_that_cannot_be_reached_is_told(engine: DockerEngine) -> None:
    (row,) = await offered(engine.image_store, ["localhost:1/none:latest"])
    assert row.what == "unknown"
    assert row.message


def _rootfs(image: str) -> bytes:
    made = docker("create", image).stdout.decode().strip()
    try:
        return docker("export", made).stdout
    finally:
        docker("rm", made)
