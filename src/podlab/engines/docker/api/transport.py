"""A connection to an engine: unix socket, TCP, TLS, or `ssh` as the docker CLI does it."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from typing import Protocol

from podlab.engines.docker.address import Address
from podlab.errors import Denied, Unavailable, Unsupported

CONNECT_TIMEOUT_S = 15
READ_AHEAD_BYTES = 1 << 17
"""asyncio stops reading the socket at twice this, so a reader that stops stops the engine."""


class Connection(Protocol):
    reader: StreamReader

    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def write_eof(self) -> None: ...
    def hold(self) -> None:
        """Stop reading ahead, until `resume`."""
        ...

    def resume(self) -> None: ...
    async def close(self) -> None: ...


class _Socket:
    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self._is_held = False

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def write_eof(self) -> None:
        if not self._writer.can_write_eof():
            raise Unsupported(
                "the end of an input cannot be told to an engine over TLS",
                hint="reach the engine over ssh:// or its own socket, or let the command end by itself",
            )
        self._writer.write_eof()

    def hold(self) -> None:
        if not self._is_held and not self.reader.at_eof():
            self._is_held = True
            self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def resume(self) -> None:
        if self._is_held:
            self._is_held = False
            self._writer.transport.resume_reading()  # type: ignore[attr-defined]

    async def close(self) -> None:
        self._writer.transport.abort()


class _Ssh:
    """`ssh HOST docker system dial-stdio`: the remote docker CLI connects our stdio to its engine."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin and process.stdout  # noqa: S101 - we asked for both pipes
        self.reader = process.stdout
        self._stdin = process.stdin
        self._process = process

    def write(self, data: bytes) -> None:
        self._stdin.write(data)

    async def drain(self) -> None:
        await self._stdin.drain()

    def write_eof(self) -> None:
        self._stdin.write_eof()

    def hold(self) -> None:
        """asyncio gives no way to; its own bound holds."""

    def resume(self) -> None: ...

    async def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def connect(address: Address) -> Connection:
    """`Unavailable` where nobody listens, `Denied` where the socket may not be opened."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            if address.kind == "ssh":
                return _Ssh(await _dial_stdio(address))
            if address.kind == "unix":
                return _Socket(*await asyncio.open_unix_connection(address.path, limit=READ_AHEAD_BYTES))
            context = _tls(address) if address.tls else None
            return _Socket(
                *await asyncio.open_connection(
                    address.host, address.port, ssl=context, limit=READ_AHEAD_BYTES
                )
            )
    except PermissionError as error:
        raise Denied(
            f"cannot open the Docker Engine's socket {address}: permission denied",
            subject=str(address),
            hint="add yourself to the group `docker` (and log in again), or run as root",
        ) from error
    except (OSError, TimeoutError) as error:
        raise Unavailable(
            f"cannot reach the Docker Engine at {address}: {error or 'no answer'}",
            subject=str(address),
            hint="is it running? `podlab engine start` starts a private one; `podlab doctor` tells more",
        ) from error


async def _dial_stdio(address: Address) -> asyncio.subprocess.Process:
    user = ["-l", address.user] if address.user else []
    port = ["-p", str(address.port)] if address.port else []
    return await asyncio.create_subprocess_exec(
        "ssh", *user, *port, "-T", "--", address.host, "docker", "system", "dial-stdio",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=READ_AHEAD_BYTES,
    )  # fmt: skip


def _tls(address: Address) -> ssl.SSLContext:
    tls = address.tls
    assert tls is not None  # noqa: S101
    context = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
    if tls.cert and tls.key:
        context.load_cert_chain(tls.cert, tls.key)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
