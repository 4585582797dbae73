"""A connection to an engine: unix socket, TCP, TLS, or `ssh` as the docker CLI does it."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from typing import Protocol

from podlab.engines.docker.address import Address
from podlab.errors import Denied, Unavailable, Unsupported

CONNECT_TIMEOUT_S = 15
READ_AHEAD_BYTES = 1 << 17
"""asyncio stops reading the socket at twice this, so a reader that stops stops the engine."""


class Connection(Protocol):
    reader: StreamReader

    async def pour(self, take: Callable[[bytes], None]) -> None:
        """Give all that comes to `take`, not to the reader any more, until its end. What `take` raises ends it."""
        ...

    def write(self, data: bytes) -> None: ...
    @property
    def unsent_bytes(self) -> int:
        """How much of what was written is still here."""
        ...

    async def drain(self) -> None: ...
    def write_eof(self) -> None: ...
    def hold(self) -> None:
        """Stop reading ahead, until `resume`."""
        ...

    def resume(self) -> None: ...
    async def close(self) -> None: ...


class _Pouring(asyncio.StreamReaderProtocol):
    """From socket to taker without a queue and a task that has to wake up."""

    _take: Callable[[bytes], None] | None = None
    _ended: asyncio.Future[None] | None = None
    _has_ended = False

    async def pour(self, reader: StreamReader, take: Callable[[bytes], None]) -> None:
        has_ended = reader.at_eof() or self._has_ended
        reader.feed_eof()
        if early := await reader.read():  # does not wait
            take(early)
        if has_ended:
            return
        self._take = take
        self._ended = asyncio.get_running_loop().create_future()
        await self._ended

    def data_received(self, data: bytes) -> None:
        if self._take is None:
            super().data_received(data)
            return
        try:
            self._take(data)
        except Exception as error:
            self._end(error)

    def eof_received(self) -> bool | None:
        self._has_ended = True
        self._end(None)
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_ended = True
        self._end(exc)
        super().connection_lost(exc)

    def _end(self, error: Exception | None) -> None:
        self._take = _nobody if self._ended else None
        if self._ended and not self._ended.done():
            if error:
                self._ended.set_exception(error)
            else:
                self._ended.set_result(None)


def _nobody(data: bytes) -> None:
    """Takes what comes after the end."""


class _Socket:
    def __init__(self, reader: StreamReader, writer: StreamWriter, protocol: _Pouring) -> None:
        self.reader = reader
        self._writer = writer
        self._transport = writer.transport
        self._protocol = protocol
        self._is_held = False

    async def pour(self, take: Callable[[bytes], None]) -> None:
        await self._protocol.pour(self.reader, take)

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

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
        if not self._is_held and not self._writer.transport.is_closing():
            self._is_held = True
            self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def resume(self) -> None:
        if self._is_held:
            self._is_held = False
            if not self._writer.transport.is_closing():
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
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    async def pour(self, take: Callable[[bytes], None]) -> None:
        while data := await self.reader.read(READ_AHEAD_BYTES):
            take(data)
            await self._goes_on.wait()

    def write(self, data: bytes) -> None:
        self._stdin.write(data)

    @property
    def unsent_bytes(self) -> int:
        return self._stdin.transport.get_write_buffer_size()

    async def drain(self) -> None:
        await self._stdin.drain()

    def write_eof(self) -> None:
        self._stdin.write_eof()

    def hold(self) -> None:
        """Only `pour`: asyncio gives no way to stop reading ahead; its own bound holds."""
        self._goes_on.clear()

    def resume(self) -> None:
        self._goes_on.set()

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
            loop = asyncio.get_running_loop()
            reader = StreamReader(limit=READ_AHEAD_BYTES, loop=loop)
            if address.kind == "unix":
                transport, protocol = await loop.create_unix_connection(
                    lambda: _Pouring(reader, loop=loop), address.path
                )
            else:
                context = _tls(address) if address.tls else None
                transport, protocol = await loop.create_connection(
                    lambda: _Pouring(reader, loop=loop), address.host, address.port, ssl=context
                )
            return _Socket(reader, StreamWriter(transport, protocol, reader, loop), protocol)
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
