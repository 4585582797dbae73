from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from podlab.engines.base import ExecOptions
from podlab.engines.docker.engine import DockerEngine
from podlab.errors import AlreadyExists, PodlabError
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.pods.forward import Forward, forwarding
from tests.conftest import docker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.engine
SERVE = "mkdir /www; echo hello >/www/page; httpd -h /www -p 127.0.0.1:80; exec nc -ll -p 7000 -e sleep 1000"


@pytest.fixture
async def pod(engine: DockerEngine, pod_name: str, image: str) -> AsyncIterator[str]:
    """Port 80 serves a page on loopback only; port 7000 never says a word; 81 is nobody's."""
    app = Container(name="app", image=image, command=("sh", "-c", SERVE))
    await engine.apply(Pod(metadata=Metadata(name=pod_name), spec=PodSpec(containers=(app,))))
    async with asyncio.timeout(60):
        while await listeners(engine, pod_name) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    yield pod_name
    await engine.delete(pod_name, grace_s=0)


async def listeners(engine: DockerEngine, pod: str) -> int:
    command = ["sh", "-c", "grep -E ':(0050|1B58) ' /proc/net/tcp /proc/net/tcp6"]
    async with await engine.exec(pod, "app", command, ExecOptions()) as process:
        count = 0
        while piece := await process.read():
            count += piece[1].count(b"\n")
    return count


def connections(pod: str) -> int:
    return docker("exec", f"podlab-{pod}-infra", "ps").stdout.count(b" nc ")


async def get(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /page HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer


def never(port: Forward, error: PodlabError) -> None:
    raise AssertionError(error)


async def test_many_connections_at_once(engine: DockerEngine, pod: str) -> None:
    async with forwarding(engine, pod, [Forward(0, 80)], on_error=never) as [bound]:
        answers = await asyncio.gather(*(get(bound.local) for _ in range(20)))
    assert all(answer.endswith(b"\r\n\r\nhello\n") for answer in answers)
    assert connections(pod) == 0


async def test_where_nobody_listens_it_is_told_and_the_others_go_on(engine: DockerEngine, pod: str) -> None:
    failed: list[int] = []
    wanted = [Forward(0, 81), Forward(0, 80)]
    async with forwarding(engine, pod, wanted, on_error=lambda port, _: failed.append(port.remote)) as bound:
        assert await get(bound[0].local) == b""
        assert failed == [81]
        assert (await get(bound[1].local)).endswith(b"hello\n")


async def test_leaving_ends_what_is_open_in_the_pod_too(engine: DockerEngine, pod: str) -> None:
    async with forwarding(engine, pod, [Forward(0, 7000)], on_error=never) as [bound]:
        reader, writer = await asyncio.open_connection("127.0.0.1", bound.local)
        writer.write(b"anybody?")
        while not connections(pod):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert await reader.read() == b""
    writer.close()
    assert connections(pod) == 0


async def test_a_client_that_breaks_off_ends_its_connection_in_the_pod(
    engine: DockerEngine, pod: str
) -> None:
    async with forwarding(engine, pod, [Forward(0, 7000)], on_error=never) as [bound]:
        _, writer = await asyncio.open_connection("127.0.0.1", bound.local)
        while not connections(pod):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        client = writer.get_extra_info("socket")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()
        async with asyncio.timeout(60):
            while connections(pod):  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def test_a_port_that_is_taken_is_told(engine: DockerEngine, pod: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AlreadyExists, match="taken"):
            async with forwarding(engine, pod, [Forward(0, 80), Forward(port, 80)], on_error=never):
                pass
