"""The Docker engine keeps every promise, on a real Docker Engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect
from podlab.testing.contract import EngineContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


@pytest.mark.engine
class TestDockerEngine(EngineContract):
    lifetime_s = 10

    @pytest.fixture
    async def engine(self, docker_host: str) -> AsyncIterator[Engine]:
        engine = await connect("docker", docker_host)
        try:
            yield engine
        finally:
            await engine.close()

    @pytest.fixture
    async def alone(self, private_engine: str) -> AsyncIterator[Engine]:
        engine = await connect("docker", private_engine)
        yield engine
        await engine.close()

    @pytest.fixture
    def name(self, pod_name: str) -> str:
        return pod_name
