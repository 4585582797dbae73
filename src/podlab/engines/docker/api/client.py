"""Requests to the Docker Engine API, and its errors in podlab's words."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote, urlencode

import h11

from podlab.engines.docker.address import Address
from podlab.engines.docker.api.features import Features
from podlab.engines.docker.api.refusals import refusal
from podlab.engines.docker.api.transport import Connection, connect
from podlab.errors import Unavailable

Query = Mapping[str, str | int | bool | Mapping[str, Any]]
CHUNK_BYTES = 1 << 16
_LAST_WORDS_S = 1


class Response:
    """What the engine answered. The body is read as it is asked for, never ahead without bound."""

    def __init__(self, exchange: _Exchange, head: h11.Response) -> None:
        self.status = head.status_code
        self.headers = {k.decode().lower(): v.decode("latin-1") for k, v in head.headers}
        self._exchange = exchange

    async def chunks(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._exchange.event(), h11.Data):
            yield bytes(event.data)

    async def body(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def json(self) -> Any:
        """None where there is none: nothing, or a plain word such as `OK`."""
        body = await self.body()
        is_text = self.headers.get("content-type", "").startswith("text/plain")
        return json.loads(body) if body.strip() and not is_text else None

    async def json_lines(self) -> AsyncIterator[Any]:
        """One value a line, as pulls, builds and events send them."""
        rest = b""
        async for chunk in self.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.strip():
                    yield json.loads(line)
        if rest.strip():
            yield json.loads(rest)


class _Exchange:
    """One HTTP exchange on a connection of its own."""

    def __init__(self, connection: Connection, address: Address) -> None:
        self.connection = connection
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        self._address = address
        self.early: deque[h11.Event | type[h11.PAUSED]] = deque()

    async def event(self) -> h11.Event | type[h11.PAUSED]:
        return self.early.popleft() if self.early else await self._next()

    async def read_early(self) -> None:
        """Keep what comes while a body is being sent, to its end or until it breaks off."""
        with suppress(Unavailable):
            while True:
                event = await self._next()
                self.early.append(event)
                if not isinstance(event, h11.InformationalResponse | h11.Response | h11.Data):
                    return

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        try:
            while (event := self.http.next_event()) is h11.NEED_DATA:
                self.http.receive_data(await self.connection.reader.read(CHUNK_BYTES))
        except (OSError, h11.RemoteProtocolError) as error:
            raise _broke_off(self._address) from error
        return event  # type: ignore[return-value]

    async def answer(self) -> h11.Response:
        while isinstance(event := await self.event(), h11.InformationalResponse):
            pass
        if not isinstance(event, h11.Response):
            raise _broke_off(self._address)
        return event

    async def send(self, event: h11.Event) -> None:
        try:
            self.connection.write(self.http.send(event) or b"")
            await self.connection.drain()
        except OSError as error:
            raise _broke_off(self._address) from error


class Client:
    """An engine at an address. Paths are those of the API without a version: the engine's own is used."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.features = Features()
        """Those of what answered last; before the first answer those of a Docker Engine."""
        self._has_answered = False

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        upload: AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Response]:
        """Send a request with a JSON `body` or an `upload`; the answer's body is read inside the `async with`.

        An answer of 400 and above is raised as one of `podlab.errors`.
        """
        connection = await connect(self.address)
        exchange = _Exchange(connection, self.address)
        try:
            data = b"" if body is None else json.dumps(body).encode()
            head = [("Host", "docker"), ("Connection", "close"), *(headers or {}).items()]
            if upload is not None:
                head += [("Transfer-Encoding", "chunked"), ("Content-Type", "application/x-tar")]
            elif method != "GET":
                head += [("Content-Length", str(len(data))), ("Content-Type", "application/json")]
            await exchange.send(h11.Request(method=method, target=_target(path, query), headers=head))
            if upload is not None:
                answer = await _upload(exchange, upload)
            else:
                if data:
                    await exchange.send(h11.Data(data=data))
                await exchange.send(h11.EndOfMessage())
                answer = await exchange.answer()
            response = Response(exchange, answer)
            self.features = Features.of(response.headers, is_far=self.address.kind != "unix")
            self._has_answered = True
            if response.status >= 400:
                raise refusal(response.status, await response.body())
            yield response
        finally:
            await connection.close()

    async def json(self, method: str, path: str, *, query: Query | None = None, body: Any = None) -> Any:
        """Send, and decode the whole answer; None where it is empty."""
        async with self.request(method, path, query=query, body=body) as response:
            return await response.json()

    async def known_features(self) -> Features:
        """For what is the first request, maybe: asks who speaks, where nobody has answered yet."""
        if not self._has_answered:
            await self.json("GET", "/version")
        return self.features

    async def hijack(
        self, path: str, *, query: Query | None = None, body: Any = None
    ) -> tuple[Connection, bytes]:
        """POST, then the connection as a raw two-way stream, with the bytes that came along already.

        https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach
        """
        connection = await connect(self.address)
        exchange = _Exchange(connection, self.address)
        try:
            data = b"" if body is None else json.dumps(body).encode()
            head = [
                ("Host", "docker"), ("Connection", "Upgrade"), ("Upgrade", "tcp"),
                ("Content-Length", str(len(data))), ("Content-Type", "application/json"),
            ]  # fmt: skip
            await exchange.send(h11.Request(method="POST", target=_target(path, query), headers=head))
            if data:
                await exchange.send(h11.Data(data=data))
            await exchange.send(h11.EndOfMessage())
            event = await exchange.event()
            if not isinstance(event, h11.Response | h11.InformationalResponse):
                raise _broke_off(self.address)
            if event.status_code not in (101, 200):
                answer = await Response(exchange, event).body()  # type: ignore[arg-type]
                raise refusal(event.status_code, answer)
            return connection, exchange.http.trailing_data[0]
        except BaseException:
            await connection.close()
            raise


async def _upload(exchange: _Exchange, upload: AsyncIterable[bytes]) -> h11.Response:
    """Send a body and read the answer at the same time: an engine that fails half-way (its disk is full)
    answers, reads no more, and breaks off half a second later. Then only its answer tells why."""

    async def send() -> None:
        async for chunk in upload:
            await exchange.send(h11.Data(data=chunk))
        await exchange.send(h11.EndOfMessage())

    sending, reading = asyncio.ensure_future(send()), asyncio.ensure_future(exchange.read_early())
    try:
        await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and isinstance(sending.exception(), Unavailable):
            await asyncio.wait({reading}, timeout=_LAST_WORDS_S)
        if sending.done() and not (exchange.early and isinstance(sending.exception(), Unavailable)):
            sending.result()
    finally:
        sending.cancel()
        reading.cancel()
        await asyncio.wait({sending, reading})
    return await exchange.answer()


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def _target(path: str, query: Query | None) -> str:
    if not query:
        return path
    pairs = {
        k: json.dumps(v) if isinstance(v, Mapping) else int(v) if isinstance(v, bool) else v
        for k, v in query.items()
    }
    return f"{path}?{urlencode(pairs, errors='surrogateescape')}"  # a path may have bytes that are not UTF-8


def _broke_off(address: Address) -> Unavailable:
    return Unavailable(
        f"the Docker Engine at {address} broke off the connection",
        subject=str(address),
        hint="was it stopped? what is on the engine stays; run the command again when it is back",
    )
