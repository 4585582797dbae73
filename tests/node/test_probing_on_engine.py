"""Probes on a real engine: into a container that has nothing but its own program, and without leaving anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from podlab.model import (
    Container,
    ContainerPort,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    Metadata,
    Pod,
    PodSpec,
    Probe,
    TCPSocketAction,
)
from podlab.node.probing import Result, probe

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine


def pod_of(name: str, image: str, script: str) -> Pod:
    app = Container(
        name="app",
        image=image,
        command=("sh", "-c", script),
        ports=(ContainerPort(container_port=8080, name="web"),),
    )
    return Pod(metadata=Metadata(name=name), spec=PodSpec(containers=(app,), restart_policy="Never"))


async def test_what_listens_on_loopback_only_is_reached(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    serve = "mkdir -p /www/sub; echo hi >/www/page; cd /www && exec httpd -f -p 127.0.0.1:8080 -h /www"
    pod = pod_of(pod_name, image, serve)
    await engine.apply(pod)
    asked = {
        "tcp": Probe(tcp_socket=TCPSocketAction(port="web"), timeout_seconds=60),
        "page": Probe(http_get=HTTPGetAction(port="web", path="/page"), timeout_seconds=60),
        "missing": Probe(http_get=HTTPGetAction(port="web", path="/nope"), timeout_seconds=60),
        "redirected": Probe(http_get=HTTPGetAction(port="web", path="/sub"), timeout_seconds=60),
        "no grpc": Probe(grpc=GRPCAction(port=8080), timeout_seconds=60),
        "nobody": Probe(tcp_socket=TCPSocketAction(port=81), timeout_seconds=60),
    }
    found = {}
    for name, check in asked.items():
        patience_s = 30 if name == "tcp" else 0
        found[name] = await probe(engine, pod, pod.spec.containers[0], check, patience_s=patience_s)
    await engine.delete(pod_name, grace_s=0)
    assert found["tcp"] == found["page"] == Result(True)
    for name in ("missing", "redirected"):  # /sub/ has no index
        assert found[name] == Result(False, "HTTP probe failed with statuscode: 404")
    assert found["no grpc"] == Result(False, "error: health rpc probe failed: no HTTP/2 there")
    assert found["nobody"] == Result(False, "cannot reach port 81 in the pod: nobody listens there")


async def test_a_command_that_takes_too_long_is_gone_from_the_container(
    engine: DockerEngine, pod_name: str, image: str
) -> None:
    pod = pod_of(pod_name, image, "exec sleep 1000")
    await engine.apply(pod)
    check = Probe(exec=ExecAction(command=("sh", "-c", "sleep 2000; true")), timeout_seconds=1)
    result = await probe(engine, pod, pod.spec.containers[0], check)
    async with asyncio.timeout(60):
        while any("sleep 2000" in " ".join(row) for row in (await engine.processes(pod_name, "app"))[1]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await engine.delete(pod_name, grace_s=0)
    assert result == Result(False, "no answer within 1 s")
