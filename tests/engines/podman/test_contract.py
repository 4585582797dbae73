"""The Docker engine on Podman's Docker-compatible API: every promise but those that `limits` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect
from podlab.testing.contract import EngineContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


@pytest.mark.engine
@pytest.mark.podman
class TestPodman(EngineContract):
    lifetime_s = 10

    @pytest.fixture
    async def engine(self, podman_host: str) -> AsyncIterator[Engine]:
        engine = await connect("docker", podman_host)
        try:
            yield engine
        finally:
            await engine.close()

    @pytest.fixture
    async def alone(self, private_podman: str) -> AsyncIterator[Engine]:
        engine = await connect("docker", private_podman)
        yield engine
        await engine.close()

    @pytest.fixture
    def name(self, pod_name: str) -> str:
        return pod_name
