"""The mirror's image on the real engine: made, kept while nothing changes, made anew when something does."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from podlab.engines.docker import address
from podlab.engines.docker.api import Client
from podlab.engines.docker.images import DockerImages
from podlab.errors import NotFound
from podlab.images import mirror
from tests.conftest import docker

pytestmark = pytest.mark.engine


@pytest.fixture
def store(docker_host: str, image: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerImages]:
    """The engine's images, with names of the test's own for the mirror and its base."""
    suffix = uuid.uuid4().hex[:8]
    names = {"REFERENCE": f"podlab-test/mirror-{suffix}:latest", "BASE": f"podlab-test/base-{suffix}:latest"}
    for attribute, name in names.items():
        monkeypatch.setattr(mirror, attribute, name)
    assert docker("tag", image, names["BASE"]).returncode == 0
    yield DockerImages(Client(address.parse(docker_host)))
    docker("image", "rm", "-f", *names.values())


@pytest.fixture
async def seed(image: str) -> AsyncIterator[str]:
    name = f"podlab-test/seed-{uuid.uuid4().hex[:8]}:latest"
    docker("tag", image, name)
    yield name
    docker("image", "rm", "-f", name)


async def test_it_is_kept_while_nothing_changes(store: DockerImages, seed: str) -> None:
    assert await mirror.current(store, [seed]) is None
    made = await mirror.make(store, [seed])
    kept = await mirror.current(store, [seed])
    assert kept is not None
    assert kept.id == made.id


async def test_an_image_that_changed_or_is_new_makes_it_stale(
    store: DockerImages, seed: str, image: str
) -> None:
    made = await mirror.make(store, [seed])
    assert await mirror.current(store, [seed, image]) is None
    changed = docker("import", "-", seed, stdin=b"\0" * 1024)
    assert changed.returncode == 0, changed.stderr.decode()
    assert await mirror.current(store, [seed]) is None
    new = await mirror.make(store, [image])
    assert await mirror.current(store, [seed, image]) is not None, "what it held it keeps"
    with pytest.raises(NotFound):
        await store.image(made.id)
    docker("image", "rm", new.id)


async def test_an_image_that_left_the_engine_stays_in_the_mirror(store: DockerImages, seed: str) -> None:
    await mirror.make(store, [seed])
    docker("image", "rm", seed)
    assert await mirror.current(store, [seed]) is not None


async def test_a_seed_that_is_not_there_is_named(store: DockerImages) -> None:
    with pytest.raises(NotFound, match="no-such-image"):
        await mirror.make(store, ["podlab-test/no-such-image"])
