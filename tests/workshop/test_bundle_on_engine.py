"""A bundle's images come back on a real engine that has lost them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.workshop.bundle import writing as bundling
from podlab.workshop.bundle.reading import opened
from tests.conftest import docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "docker-pods"


@pytest.fixture
async def engine(docker_host: str) -> AsyncIterator[DockerEngine]:
    engine = await DockerEngine.connect(docker_host)
    yield engine
    await engine.close()


@pytest.fixture
def name(image: str) -> Iterator[str]:
    """An image of this test's own."""
    name = f"podlab-test/bundled-{uuid.uuid4().hex[:8]}:1"
    container = docker("create", image).stdout.decode().strip()
    assert docker("commit", "-c", f"LABEL name={name}", container, name).returncode == 0
    docker("rm", container)
    yield name
    docker("rmi", "-f", name)


async def test_images_come_back_as_they_were(engine: DockerEngine, name: str, tmp_path: Path) -> None:
    store, file = engine.image_store, tmp_path / "lab.podlab.zip"
    before = await store.image(name)
    await bundling.write(store, EXAMPLE, file, name="docker-pods", images=[name])
    with opened(file) as bundle:
        assert await bundle.load_images(store) == []
        assert docker("rmi", name).returncode == 0
        heard: list[tuple[str, int, int]] = []
        assert await bundle.load_images(store, on_bytes=lambda *done: heard.append(done)) == [name]
        assert (await store.image(name)).id == before.id
        assert heard[-1] == ("images", bundle.size_bytes, bundle.size_bytes)
