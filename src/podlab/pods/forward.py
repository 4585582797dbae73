"""Ports of this machine that lead into a pod."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podlab.errors import AlreadyExists, Denied, Invalid, PodlabError

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Callable, Sequence

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
    running: set[asyncio.Task[None]] = set()
    async with AsyncExitStack() as stack:
        bound = []
        for port in ports:
            listener = stack.enter_context(_listener(address, port))
            bound.append((Forward(listener.getsockname()[1], port.remote), listener))
        for port, listener in bound:
            server = await _serve(engine, pod, port, listener, running, on_error)
            stack.callback(server.close)
        try:
            yield [port for port, _ in bound]
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _serve(
    engine: Engine, pod: str, port: Forward, listener: socket.socket, running: set[asyncio.Task[None]],
    on_error: Callable[[Forward, PodlabError], None],
) -> asyncio.Server:  # fmt: skip
    async def connect(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with await engine.dial(pod, port.remote) as stream:
                await _join(reader, writer, stream)
        except PodlabError as error:
            on_error(port, error)
        except OSError:
            pass  # the client has gone
        finally:
            writer.close()

    def accepted(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.ensure_future(connect(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    return await asyncio.start_server(accepted, sock=listener, limit=_CHUNK_BYTES)


def _listener(address: str, port: Forward) -> socket.socket:
    where = f"{address}:{port.local}"
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return socket.create_server((address, port.local), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AlreadyExists(
                f"cannot listen on {where}: the port is taken",
                subject=where,
                hint=f"use another one, such as {port.local + 1}:{port.remote}, or any: :{port.remote}",
            ) from error
        if error.errno == errno.EACCES:
            raise Denied(
                f"cannot listen on {where}: permission denied",
                subject=where,
                hint=f"ports below 1024 are for root: use 8{port.local:03}:{port.remote}",
            ) from error
        raise Invalid(f"cannot listen on {where}: {error.strerror or error}", subject=where) from error


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
