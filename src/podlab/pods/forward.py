"""Ports of this machine that lead into a pod."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podlab.errors import AlreadyExists, Denied, Invalid, PodlabError

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from podlab.engines.base import ByteStream, Engine

_CHUNK_BYTES = 1 << 16
_KEEPALIVE_S = 10
_TCP_CLOSE = 7
"""https://github.com/torvalds/linux/blob/v6.1/include/net/tcp_states.h"""


@dataclass(frozen=True, slots=True)
class Forward:
    """`local` 0: any free port."""

    local: int
    remote: int


@asynccontextmanager
async def forwarding(
    engine: Engine, pod: str, ports: Sequence[Forward], *, address: str = "127.0.0.1",
    on_error: Callable[[Forward, PodlabError], None],
) -> AsyncIterator[list[Forward]]:  # fmt: skip
    """Inside, every connection to a local port becomes one to the pod's. Yields the ports as they are.

    A connection that cannot be made is closed and told to `on_error`; the others go on. Leaving ends them
    all, here and in the pod. `AlreadyExists` for a port that is taken: then none is forwarded.
    """
    servers: list[asyncio.Server] = []
    bound: list[Forward] = []
    running: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as connections:

        def start(connection: Coroutine[None, None, None]) -> None:
            task = connections.create_task(connection)
            running.add(task)
            task.add_done_callback(running.discard)

        try:
            for port in ports:
                server, number = await _listen(engine, pod, port, address, start, on_error)
                servers.append(server)
                bound.append(Forward(number, port.remote))
            yield bound
        finally:
            for server in servers:
                server.close()
            for task in running:
                task.cancel()


async def _listen(
    engine: Engine, pod: str, port: Forward, address: str,
    start: Callable[[Coroutine[None, None, None]], None],
    on_error: Callable[[Forward, PodlabError], None],
) -> tuple[asyncio.Server, int]:  # fmt: skip
    def accepted(reader: StreamReader, writer: StreamWriter) -> None:
        start(serve(reader, writer))

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with await engine.dial(pod, port.remote) as stream:
                await _join(reader, writer, stream)
        except PodlabError as error:
            on_error(port, error)
        except OSError:
            pass  # the local side has gone
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(accepted, address, port.local, limit=_CHUNK_BYTES)
    except OSError as error:
        where = f"{address}:{port.local}"
        if error.errno == errno.EADDRINUSE:
            raise AlreadyExists(
                f"cannot listen on {where}: the port is taken",
                subject=where,
                hint=f"use another one: {port.local + 1}:{port.remote}, or any free one: :{port.remote}",
            ) from error
        if error.errno == errno.EACCES:
            raise Denied(
                f"cannot listen on {where}: permission denied",
                subject=where,
                hint=f"ports below 1024 are for root: use 8{port.local:03}:{port.remote}",
            ) from error
        raise Invalid(f"cannot listen on {where}: {error.strerror or error}", subject=where) from error
    return server, server.sockets[0].getsockname()[1]


async def _join(reader: StreamReader, writer: StreamWriter, stream: ByteStream) -> None:
    """Both ways, until the pod's side has ended or the client has gone."""
    up = asyncio.ensure_future(_up(reader, stream))
    down = asyncio.ensure_future(_down(stream, writer))
    gone = asyncio.ensure_future(_gone(up, writer.get_extra_info("socket")))
    try:
        done, _ = await asyncio.wait([down, gone], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (up, down, gone):
            task.cancel()
        await asyncio.gather(up, down, gone, return_exceptions=True)


async def _up(reader: StreamReader, stream: ByteStream) -> None:
    while data := await reader.read(_CHUNK_BYTES):
        await stream.write(data)
    await stream.write_eof()


async def _down(stream: ByteStream, writer: StreamWriter) -> None:
    while data := await stream.read():
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _gone(up: asyncio.Future[None], client: socket.socket) -> None:
    """Ends when the client has closed its connection, not only its half of it.

    Both look the same at first. But a client that is still there answers keep-alive probes, and the kernel
    of one that has gone refuses them after its FIN timeout, a minute on Linux.
    """
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_S)
    await up
    while not _is_closed(client):  # noqa: ASYNC110 - the kernel has no event for it
        await asyncio.sleep(_KEEPALIVE_S / 2)


def _is_closed(client: socket.socket) -> bool:
    """Elsewhere than on Linux nobody can tell: the connection lasts as long as its server wants."""
    return (
        sys.platform == "linux" and client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_CLOSE
    )
