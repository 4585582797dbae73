"""A preview without an engine: real servers on this machine stand for those in pods, behind streams as `dial` gives."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, cast

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port
from yarl import URL

from podlab.errors import NotFound, Unavailable
from podlab.portal.previews import Names, Ports, Previews, Tenant
from podlab.portal.previews.previews import Preview

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.portal.previews import Place

APP = 8080
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Stream:
    """A `ByteStream` over a socket, which counts."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, world: World) -> None:
        self._reader, self._writer, self._world = reader, writer, world

    async def __aenter__(self) -> Self:
        self._world.open += 1
        self._world.dialled += 1
        self._world.most = max(self._world.most, self._world.open)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._world.open -= 1
        self._writer.transport.abort()

    async def read(self) -> bytes:
        try:
            return await self._reader.read(1 << 16)
        except OSError as error:
            raise Unavailable("broke off") from error

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise Unavailable("broke off") from error

    async def write_eof(self) -> None:
        self._writer.write_eof()


@dataclass
class World:
    """All that there is of an engine: (pod, port) → a port of this machine."""

    servers: dict[tuple[str, int], int] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    open: int = 0
    most: int = 0
    dialled: int = 0

    async def dial(self, pod: str, port: int, *, patience_s: float = 0) -> Stream:
        try:
            async with asyncio.timeout(patience_s):
                while (pod, port) not in self.servers:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise Unavailable(f"cannot reach port {port} in the pod: nobody listens there") from None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.servers[pod, port], limit=1 << 17)
        return Stream(reader, writer, self)

    def listen(self, pod: str, port: int, at: int) -> None:
        self.servers[pod, port] = at
        self.changed.set()


@dataclass
class Stage:
    world: World
    previews: Previews
    port: int
    tenants: dict[int, Tenant]
    clock: list[float]
    stack: AsyncExitStack

    async def application(self, app: web.Application, pod: str = "lab-01", port: int = APP) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        at = unused_port()
        await web.TCPSite(runner, "127.0.0.1", at).start()
        self.world.listen(pod, port, at)

    async def raw(self, serve: Serve, pod: str = "lab-01", port: int = APP) -> None:
        """A server that says what it likes."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except OSError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        self.stack.callback(server.close)
        self.world.listen(pod, port, server.sockets[0].getsockname()[1])

    async def says(self, text: str | bytes, pod: str = "lab-01", port: int = APP) -> list[bytes]:
        """A server that answers every request with these bytes and hangs up. Gives the heads that it gets."""
        heads: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode())
            await writer.drain()

        await self.raw(serve, pod, port)
        return heads

    def address(
        self, name: str = "app", *, seat: int = 1, person: str | None = "ann", target: str = ""
    ) -> URL:
        return URL(
            self.previews.address(seat, name, "127.0.0.1:8000", person=person, target=target), encoded=True
        )

    @asynccontextmanager
    async def browser(self, name: str | None = "app", **who: object) -> AsyncIterator[aiohttp.ClientSession]:
        """With the cookie of that preview, if one is named."""
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{self.port}",
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=120),
        ) as session:
            if name:
                async with session.get(self.address(name, **who), allow_redirects=False) as answer:  # type: ignore[arg-type]
                    assert answer.status == 303, await answer.text()
            yield session

    async def exchange(self, request: str | bytes, cookie: str = "") -> bytes:
        """What the second listener says to these bytes, to its end or for a second after the last ones."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = request if isinstance(request, bytes) else request.replace("\n", "\r\n").encode()
        writer.write(data.replace(b"COOKIE", cookie.encode()))
        answer = b""
        try:
            async with asyncio.timeout(60):
                while piece := await asyncio.wait_for(reader.read(1 << 16), 1):
                    answer += piece
        except (TimeoutError, ConnectionResetError):
            pass
        writer.close()
        return answer

    async def cookie(self, name: str = "app") -> str:
        async with self.browser(name) as session:
            return "; ".join(f"{each.key}={each.value}" for each in session.cookie_jar)


@asynccontextmanager
async def stage(
    *,
    names: str = "",
    ports: int = 1,
    any_port: bool = True,
    is_public: bool = False,
    portal: str = "http://127.0.0.1:8000",
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Stage]:
    world, clock = World(), [1_000_000.0]
    tenants = {1: Tenant(pod="lab-01", person="ann"), 2: Tenant(pod="lab-02", person="bob")}
    named = {"app": Preview(port=APP), "docs": Preview(port=3000, path="/start")}

    def tenant(seat: int) -> Tenant:
        if seat not in tenants:
            raise NotFound(f"no seat {seat}")
        return tenants[seat]

    async with AsyncExitStack() as stack:
        at = [unused_port() for _ in range(ports)]
        place: Place = (
            Names(portal, names.replace("PORT", str(at[0])))
            if names
            else Ports(portal, at, [each.port for each in named.values()])
        )
        previews = await stack.enter_async_context(
            Previews(
                cast("Engine", world), tenant, place, b"k" * 32, named=named, any_port=any_port,
                is_public=is_public, now=lambda: clock[0],
            )
        )  # fmt: skip
        runner = web.AppRunner(previews.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        for each in at:
            await web.TCPSite(runner, "127.0.0.1", each, ssl_context=context).start()
        yield Stage(world, previews, at[0], tenants, clock, stack)
