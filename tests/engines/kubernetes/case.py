"""A part of the contract on a real Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine


@pytest.mark.kubernetes
@pytest.mark.usefixtures("cluster_image")  # `image` is there by the same name
class OnKubernetes:
    """Before the part: its fixtures replace those of `Case`."""

    lifetime_s = 5

    @pytest.fixture
    async def engine(
        self, kubeconfig: str, room: str, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Engine]:
        monkeypatch.setenv("KUBECONFIG", kubeconfig)
        engine = await connect(f"kubernetes/{room}")
        try:
            yield engine
        finally:
            await engine.close()

    @pytest.fixture
    async def alone(
        self, kubeconfig: str, namespace: str, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Engine]:
        monkeypatch.setenv("KUBECONFIG", kubeconfig)
        engine = await connect(f"kubernetes/{namespace}")
        yield engine
        await engine.close()
