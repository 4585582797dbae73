"""An HTTPS probe through a stream that is no socket, against a real TLS server."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self, cast

import pytest

from podlab.engines.base import Engine
from podlab.model import Container, HTTPGetAction, Metadata, Pod, PodSpec, Probe
from podlab.node.probing import probe

CONTAINER = Container(name="app", image="busybox")
POD = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(CONTAINER,)))


class Stream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._writer.close()

    async def read(self) -> bytes:
        return await self._reader.read(1000)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def write_eof(self) -> None: ...


class Dialler:
    """The one method of an engine that a network probe needs."""

    async def dial(self, name: str, port: int, *, patience_s: float = 0) -> Stream:
        return Stream(*await asyncio.open_connection("127.0.0.1", port))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=pod",
         "-keyout", tmp_path / "pem", "-out", tmp_path / "crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    pem = tmp_path / "pem"
    pem.write_bytes(pem.read_bytes() + (tmp_path / "crt").read_bytes())
    return pem


@pytest.fixture(params=["204 No Content", "503 Service Unavailable"])
async def server(request: pytest.FixtureRequest, certificate: Path) -> AsyncIterator[tuple[int, str]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = request.param if head.startswith(b"GET /health HTTP/1.1") else "400 Bad Request"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as serving:
        yield serving.sockets[0].getsockname()[1], request.param


async def test_an_https_probe_does_not_ask_for_a_certificate_that_is_signed(server: tuple[int, str]) -> None:
    port, status = server
    check = Probe(http_get=HTTPGetAction(port=port, path="/health", scheme="HTTPS"), timeout_seconds=10)
    result = await probe(cast("Engine", Dialler()), POD, CONTAINER, check)
    assert result.passed == status.startswith("204")
    if not result.passed:
        assert result.message == "HTTP probe failed with statuscode: 503"


async def test_plain_http_where_tls_is_expected_fails() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as serving:
        port = serving.sockets[0].getsockname()[1]
        check = Probe(http_get=HTTPGetAction(port=port, scheme="HTTPS"), timeout_seconds=10)
        result = await probe(cast("Engine", Dialler()), POD, CONTAINER, check)
    assert not result.passed
    assert "TLS" in result.message
