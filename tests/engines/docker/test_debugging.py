"""A debug container on the real engine: in the pod's namespaces, and in those of a container's processes."""

from __future__ import annotations

import pytest

from podlab.engines.base import ExecOptions, Process
from podlab.engines.docker.engine import DockerEngine
from tests.conftest import docker, leftovers

pytestmark = pytest.mark.engine


async def said(process: Process) -> bytes:
    text = b""
    while piece := await process.read():
        text += piece[1]
    return text


async def test_it_shares_the_pods_network_and_the_targets_processes(
    engine: DockerEngine, pod: str, image: str
) -> None:
    look = ["sh", "-c", "readlink /proc/self/ns/net; ps -o args; ls /proc/1/root/etc/passwd"]
    (own,) = docker("exec", f"podlab-{pod}-app", "readlink", "/proc/self/ns/net").stdout.split()
    async with engine.debug(pod, image, look, target="app") as process:
        net, *rest = (await said(process)).splitlines()
        assert net == own
        assert any(line.endswith(b"sleep 1000") for line in rest)
        assert rest[-1] == b"/proc/1/root/etc/passwd"
    async with engine.debug(pod, image, ["ps", "-o", "args"]) as process:
        assert b"sleep 1000" not in await said(process)


async def test_nothing_of_it_is_left(engine: DockerEngine, pod: str, image: str) -> None:
    before = leftovers(pod)
    async with engine.debug(
        pod, image, ["sh"], options=ExecOptions(stdin=True, tty=True, size=(90, 30))
    ) as process:
        await process.write(b"stty size; exit\n")
        assert b"30 90" in await said(process)
    async with engine.debug(pod, image, ["sleep", "1000"]):
        assert len(leftovers(pod)) == len(before) + 1
    assert leftovers(pod) == before
