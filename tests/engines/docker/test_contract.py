"""The Docker engine keeps every promise, on a real Docker Engine."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect
from podlab.engines.docker.daemon import place, start, stop
from podlab.naming import infra_image
from podlab.testing.contract import EngineContract
from tests.conftest import docker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


@pytest.mark.engine
class TestDockerEngine(EngineContract):
    @pytest.fixture
    async def engine(self, docker_host: str) -> AsyncIterator[Engine]:
        engine = await connect("docker", docker_host)
        try:
            yield engine
        finally:
            await engine.close()

    @pytest.fixture
    async def alone(self, image: str) -> AsyncIterator[Engine]:
        private = place(f"t{secrets.token_hex(3)}")
        try:
            started = await start(private, own_network=True)
            images = docker("save", image, infra_image())
            loaded = docker("--host", started.address, "load", stdin=images.stdout)
            assert loaded.returncode == 0, loaded.stderr.decode()
            engine = await connect("docker", started.address)
            yield engine
            await engine.close()
        finally:
            await stop(private, purge=True)

    @pytest.fixture
    def name(self, pod_name: str) -> str:
        return pod_name
