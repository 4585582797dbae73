"""Published ports of living pods, on the real engine: connections get through, also after what may happen to a pod."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from podlab.engines.docker.engine import DockerEngine
from podlab.model import PUBLISH, Container, Metadata, Pod, PodSpec
from tests.conftest import docker
from tests.ports import free_port

pytestmark = pytest.mark.engine

_SERVER = "mkdir /www; echo hello >/www/index.html; exec httpd -f -p 80 -h /www"


async def get(image: str, port: int) -> bytes:
    """What answers at the port of the engine's machine, which need not be this one; asked until somebody does."""
    script = f"for _ in $(seq 100); do wget -qO- http://127.0.0.1:{port}/ && exit; sleep 0.1; done"
    command = ["run", "--rm", "--network", "host", image, "sh", "-c", script]
    return (await asyncio.to_thread(docker, *command)).stdout


async def test_connections_get_through_and_still_do_after_a_restart_of_the_infra(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    port = free_port()
    app = Container(name="app", image=image, command=("sh", "-c", _SERVER))
    pod = Pod(
        metadata=Metadata(name=pod_name),
        spec=PodSpec(containers=(app,), termination_grace_period_seconds=1),
    )
    more = replace(pod, metadata=replace(pod.metadata, annotations={PUBLISH: f"127.0.0.1:{port}:80"}))
    try:
        await engine.apply(pod)
        await engine.apply(more)
        assert await get(image, port) == b"hello\n"
        assert docker("restart", "-t", "0", f"podlab-{pod_name}-infra").returncode == 0
        await engine.apply(more)  # the members lost their namespaces
        assert await get(image, port) == b"hello\n"
        docker("rm", "-f", f"podlab-{pod_name}-port.127.0.0.1_{port}-tcp")
        assert [change.verb for change in await engine.plan(more)] == ["publish"]
        await engine.apply(more)
        assert await get(image, port) == b"hello\n"
        docker("rm", "-f", f"podlab-{pod_name}-infra")
        await engine.apply(more)  # a new infra has all the ports itself
        assert await get(image, port) == b"hello\n"
        assert docker("inspect", f"podlab-{pod_name}-port.127.0.0.1_{port}-tcp").returncode
    finally:
        await engine.delete(pod_name, grace_s=0)
