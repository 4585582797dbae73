"""What befalls a pod on Podman, by Podman's own command line, is healed by an agent as on a Docker Engine."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from podlab import naming
from podlab.agent import Agent
from podlab.engines.base import Sharing
from podlab.engines.docker.engine import DockerEngine
from podlab.model import Container, Metadata, Pod, PodSpec
from tests.engines.podman.conftest import podman

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = [pytest.mark.engine, pytest.mark.podman]
SOON_S = 90
"""On a machine that is busy with other things."""


async def test_an_agent_heals_a_pod(podman_host: str, image: str, pod_name: str) -> None:
    engine = await DockerEngine.connect(podman_host)
    sleep = ("sleep", "1000")
    containers = tuple(Container(name=name, image=image, command=sleep) for name in ("app", "side"))
    spec = PodSpec(containers=containers, termination_grace_period_seconds=1)
    await engine.apply(Pod(metadata=Metadata(name=pod_name), spec=spec))
    infra, side = naming.container(pod_name, naming.INFRA), naming.container(pod_name, "side")
    agent = asyncio.create_task(Agent(engine, tends=lambda name: name == pod_name).run())
    try:
        await asyncio.sleep(1)  # it listens
        for accident in (
            ("kill", infra),
            ("restart", "--time", "0", infra),
            ("rm", "--force", "--time", "0", side),
            ("network", "disconnect", "--force", naming.NETWORK, infra),
        ):
            done = await asyncio.to_thread(podman, podman_host, *accident)
            assert done.returncode == 0, done.stderr.decode()
            await _until(lambda: _is_whole(engine, pod_name), accident)
    finally:
        agent.cancel()
        await asyncio.wait([agent])
        await engine.delete(pod_name, grace_s=0)


async def _is_whole(engine: DockerEngine, name: str) -> bool:
    status = await engine.get(name)
    shared = {sharing for row in await engine.namespaces(name) for sharing in row.sharing.values()}
    return status.running == 2 and bool(status.ip) and Sharing.STALE not in shared


async def _until(is_so: Callable[[], Awaitable[bool]], after: object) -> None:
    began = time.monotonic()
    while not await is_so():
        assert time.monotonic() - began < SOON_S, f"nothing has healed the pod after {after}"
        await asyncio.sleep(0.2)
