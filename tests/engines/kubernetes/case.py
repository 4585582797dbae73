"""A part of the contract on a real Kubernetes."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from podlab.engines.connect import connect
from podlab.engines.kubernetes.engine import KubernetesEngine
from podlab.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine
    from podlab.model import Pod


_NAMED_AGAIN = {
    "test_a_claim_outlives_its_pods",
    "test_a_failed_pod_leaves_its_objects",
    "test_a_record_is_kept_until_it_is_replaced_and_goes_with_the_pod",
}
"""Tests that make a second pod of the same name."""


@pytest.mark.kubernetes
@pytest.mark.usefixtures("cluster_image")  # `image` is there by the same name
class OnKubernetes:
    """Before the part: its fixtures replace those of `Case`."""

    lifetime_s = 5

    @asynccontextmanager
    async def running(self, engine: Engine, pod: Pod) -> AsyncIterator[None]:
        """Removed by force, which takes a kubelet eight seconds less, where nobody comes after it that has its name."""
        assert isinstance(engine, KubernetesEngine)
        try:
            await engine.apply(pod)
            yield
        finally:
            if self.is_named_again:
                await engine.delete(pod.name, grace_s=0)
            else:
                with suppress(NotFound):
                    await engine.client.json(
                        "DELETE", engine.client.pod(pod.name), body={"gracePeriodSeconds": 0}
                    )

    @pytest.fixture(autouse=True)
    def _named_again(self, request: pytest.FixtureRequest) -> None:
        self.is_named_again = request.node.originalname in _NAMED_AGAIN

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
