"""A part of the contract on Podman: the Docker engine at its Docker-compatible API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


@pytest.mark.engine
@pytest.mark.podman
class OnPodman:
    """Before the part: its fixtures replace those of `Case`."""

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
