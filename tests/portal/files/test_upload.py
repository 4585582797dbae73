"""A long way up and down, through a real portal into a real container: what is on its way is never held."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, ClientSession, web
from aiohttp.test_utils import TestServer

from podlab import naming
from podlab.portal.files import limits, stream
from podlab.portal.files.inside import Inside
from tests.conftest import docker

if TYPE_CHECKING:
    from podlab.engines.docker.engine import DockerEngine

pytestmark = pytest.mark.engine

SIZE = limits.MAX_UPLOAD_BYTES
BLOCK = os.urandom(1 << 20)


@pytest.fixture
async def address(engine: DockerEngine, pod: str) -> AsyncIterator[str]:
    files = Inside(engine, pod, "app")

    async def take(request: web.Request) -> web.Response:
        return web.Response(text=await files.write(b"/tmp/f", stream.received(request, SIZE), "any"))

    async def give(request: web.Request) -> web.StreamResponse:
        async with files.download(b"/tmp/f") as download:
            return await stream.sent(request, download)

    app = web.Application()
    app.add_routes([web.put("/", take), web.get("/", give)])
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def body() -> AsyncIterator[bytes]:
    for _ in range(SIZE // len(BLOCK)):
        yield BLOCK


def peak_kb() -> int:
    """The most memory that this process has had since it was last asked."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    Path("/proc/self/clear_refs").write_text(
        "5"
    )  # https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
    return int(found[1])


async def test_a_hundred_megabytes_up_and_down_cost_no_memory(address: str, pod: str) -> None:
    digest = hashlib.sha256()
    async for block in body():
        digest.update(block)
    async with ClientSession() as browser:
        peak_kb()
        before = peak_kb()
        async with browser.put(address, data=body(), headers={"Content-Length": str(SIZE)}) as answer:
            assert await answer.text() == digest.hexdigest()
        assert peak_kb() - before < 16_000
        down = hashlib.sha256()
        async with browser.get(address) as answer:
            assert answer.content_length == SIZE
            async for chunk in answer.content.iter_any():
                down.update(chunk)
        assert down.digest() == digest.digest()
        assert peak_kb() - before < 16_000


async def test_an_upload_whose_browser_goes_away_leaves_nothing(
    address: str, pod: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield BLOCK
        await asyncio.sleep(0.3)
        raise OSError

    async with ClientSession() as browser:
        with pytest.raises((OSError, ClientConnectionError)):
            await browser.put(address, data=broken(), headers={"Content-Length": str(SIZE)})

    async def left() -> bytes:
        words = ("exec", naming.container(pod, "app"), "sh", "-c", "ls -A /tmp")
        return (await asyncio.to_thread(docker, *words)).stdout

    for _ in range(300):
        if not await left():
            break
        await asyncio.sleep(0.2)
    assert await left() == b""
    assert all("gone away" in str(each.exc_info) for each in caplog.records if each.levelname == "ERROR")


async def test_a_browser_that_takes_nothing_more_is_let_go(
    address: str, pod: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "IDLE_S", 1.0)
    script = f"head -c {SIZE} /dev/zero >/tmp/f"
    words = ("exec", naming.container(pod, "app"), "sh", "-c", script)
    assert (await asyncio.to_thread(docker, *words)).returncode == 0
    async with ClientSession() as browser, browser.get(address) as answer:
        async with asyncio.timeout(60):  # the script goes on while somebody may read
            top = ("top", naming.container(pod, "app"))
            while b"head -c" in (await asyncio.to_thread(docker, *top)).stdout:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        with pytest.raises(ClientPayloadError):
            while await answer.content.readany():
                pass
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []
