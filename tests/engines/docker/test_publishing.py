"""Published ports of living pods, on the real engine: connections get through, also after what may happen to a pod."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from podlab import naming
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import Unsupported
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


_ECHO = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(Proto => 'udp', LocalPort => 5353) or die;"
    "while (my $from = recv($s, my $m, 1500, 0)) { send($s, qq(echo $m), 0, $from) }"
)
_ASK = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(Proto => 'udp', PeerAddr => '127.0.0.1', PeerPort => shift);"
    "for (1..100) { send($s, 'hello', 0); my $b = ''; vec($b, fileno($s), 1) = 1;"
    "if (select($b, undef, undef, 0.2) > 0 and defined recv($s, my $m, 1500, 0)) { print $m; exit } }"
)


def ask(port: int) -> bytes:
    return docker("run", "--rm", "--network", "host", "podlab/work", "perl", "-e", _ASK, str(port)).stdout


def published(pod: Pod, port: str) -> Pod:
    return replace(pod, metadata=replace(pod.metadata, annotations={PUBLISH: port}))


async def test_packets_get_through_too_and_still_do_after_a_restart_of_the_infra(
    engine: DockerEngine, pod_name: str
) -> None:
    port = free_port()
    app = Container(name="app", image="podlab/work", command=("perl", "-e", _ECHO))
    spec = PodSpec(containers=(app,), termination_grace_period_seconds=0)
    pod = Pod(metadata=Metadata(name=pod_name), spec=spec)
    more = published(pod, f"127.0.0.1:{port}:5353/udp")
    try:
        await engine.apply(pod)
        await engine.apply(more)
        assert await asyncio.to_thread(ask, port) == b"echo hello"
        assert docker("restart", "-t", "0", f"podlab-{pod_name}-infra").returncode == 0
        await engine.apply(more)
        assert await asyncio.to_thread(ask, port) == b"echo hello"
        assert await engine.plan(more) == []
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_without_the_image_of_the_kernels_rules_a_program_passes_connections_on(
    engine: DockerEngine, pod_name: str, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "FIREWALL_IMAGE", "podlab/there-is-no-such-image")
    port, other = free_port(), free_port()
    app = Container(name="app", image=image, command=("sh", "-c", _SERVER))
    spec = PodSpec(containers=(app,), termination_grace_period_seconds=0)
    pod = Pod(metadata=Metadata(name=pod_name), spec=spec)
    try:
        await engine.apply(pod)
        more = published(pod, f"127.0.0.1:{port}:80")
        await engine.apply(more)
        assert await get(image, port) == b"hello\n"
        with pytest.raises(Unsupported, match="is not on the engine"):
            await engine.apply(published(pod, f"127.0.0.1:{port}:80,127.0.0.1:{other}:80/udp"))
        assert await engine.plan(more) == []
    finally:
        await engine.delete(pod_name, grace_s=0)


async def test_an_address_that_changes_is_followed(engine: DockerEngine, pod_name: str, image: str) -> None:
    """The infra gets another address where its own was taken meanwhile. Which one a container gets is the engine's."""
    port = free_port()
    app = Container(name="app", image=image, command=("sh", "-c", _SERVER))
    spec = PodSpec(containers=(app,), termination_grace_period_seconds=0)
    more = published(Pod(metadata=Metadata(name=pod_name), spec=spec), f"127.0.0.1:{port}:80")
    holder = f"{pod_name}-holder"
    try:
        await engine.apply(replace(more, metadata=Metadata(name=pod_name)))
        await engine.apply(more)
        before = (await engine.get(pod_name)).ip
        assert docker("stop", "-t", "0", f"podlab-{pod_name}-infra").returncode == 0
        for n in range(3):
            docker("run", "-d", "--name", f"{holder}-{n}", "--network", "podlab", image, "sleep", "1000")
        await engine.apply(more)
        if (await engine.get(pod_name)).ip == before:
            pytest.skip("nobody got the address")
        assert await get(image, port) == b"hello\n"
    finally:
        docker("rm", "-f", *(f"{holder}-{n}" for n in range(3)))
        await engine.delete(pod_name, grace_s=0)


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
