"""Connections into a pod: the preamble of each channel, refusals, and what is not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import pytest

from podlab.engines.kubernetes.client import Client
from podlab.engines.kubernetes.streams import dial
from podlab.errors import Invalid, Unavailable
from tests.engines.kubernetes.streams.api import Api

pytestmark = pytest.mark.timeout(40)


@asynccontextmanager
async def listening(port: int = 0) -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 15):
            writer.write(data)
            if data.endswith(b"bye"):
                break
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def free_port() -> int:
    async with listening() as port:
        return port


@pytest.fixture(params=["with a shell", "without"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    api = Api()
    if request.param == "without":
        api.missing.add("sh")
    async with api.running() as client:
        yield client


async def test_bytes_come_and_go(client: Client) -> None:
    async with listening() as port, await dial(client, "web", port) as stream:
        await stream.write(b"x" * 200_000)
        got = b""
        while len(got) < 200_000:
            got += await stream.read()
        assert got == b"x" * 200_000
        await stream.write(b"bye")
        assert await stream.read() == b"bye"
        assert await stream.read() == b""


async def test_where_nobody_listens_it_is_unavailable(client: Client, free_port: int) -> None:
    with pytest.raises(Unavailable):
        await dial(client, "web", free_port)
    with pytest.raises(Invalid):
        await dial(client, "web", 65536)


async def test_it_waits_for_somebody_to_listen(client: Client, free_port: int) -> None:
    dialling = asyncio.create_task(dial(client, "web", free_port, 20))
    await asyncio.sleep(0.5)
    assert not dialling.done()
    async with listening(free_port), await dialling as stream:
        await stream.write(b"bye")
        assert await stream.read() == b"bye"


async def test_who_has_listened_is_not_looked_for_again_at_once(free_port: int) -> None:
    api = Api()
    async with api.running() as client:
        async with listening(free_port):
            for _ in range(3):
                async with await dial(client, "web", free_port) as stream:
                    await stream.write(b"bye")
                    assert await stream.read() == b"bye"
        assert api.commands == 1
        with pytest.raises(Unavailable):  # and who has gone is looked for again
            await dial(client, "web", free_port)
        assert api.commands == 2


async def test_after_the_end_of_our_half_silence_is_the_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("podlab.engines.kubernetes.streams.dial"), "_SILENCE_S", 0.5)
    async with listening() as port, await dial(client, "web", port) as stream:
        await stream.write(b"ping")
        await stream.write_eof()
        assert await stream.read() == b"ping"
        assert await stream.read() == b""
