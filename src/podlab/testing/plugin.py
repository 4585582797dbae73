"""A pytest plugin: real pods in a test suite, each removed at the end of its block.

    async def test_the_registry_answers(podlab_pod):
        async with podlab_pod("pod.yaml") as pod:
            assert (await pod.exec("work", ["wget", "-qO-", "localhost:5000/v2/"])).exit_code == 0

Its tests are coroutines, so they need pytest-asyncio or anyio. pytest loads this module at every start:
nothing is imported before a test makes a pod.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from podlab import Pod, RunningPod


class MakePod(Protocol):
    """What the fixture `podlab_pod` is."""

    def __call__(
        self, source: Pod | str | Path, *, name: str = "", timeout_s: float | None = 120
    ) -> AbstractAsyncContextManager[RunningPod]:
        """A ready pod of a file or a `Pod`. Without `name` it gets one of its own, so that tests which run
        at the same time have pods of their own."""
        ...


@pytest.fixture
def podlab_pod() -> MakePod:
    """Makes a pod on the engine that `podlab` would use: DOCKER_HOST, the docker context, the sockets."""

    def make(
        source: Pod | str | Path, *, name: str = "", timeout_s: float | None = 120
    ) -> AbstractAsyncContextManager[RunningPod]:
        import podlab

        return podlab.pod(source, name=name or f"pytest-{uuid.uuid4().hex[:10]}", timeout_s=timeout_s)

    return make
