"""Connections to ports in pods: a bounded number for each pod, kept for a moment for the next request."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

import h11

from podlab.errors import PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from podlab.engines.base import ByteStream

    Dial = Callable[[str, int, float], Awaitable[ByteStream]]
    """Pod, port, and the seconds in which somebody may begin to listen there."""

_log = logging.getLogger(__name__)

MAX_PER_POD: Final = 32
"""A browser opens six for an origin, and websockets besides."""
MAX_IDLE_PER_POD: Final = 6
IDLE_S: Final = 4.0
"""Reaching into a pod costs a process; a page asks for all its parts at once. Node hangs up after 5 s."""
DIAL_S: Final = 10.0
QUEUE_S: Final = 10.0
MAX_HEAD_BYTES: Final = 1 << 16


class Broken(Unavailable):
    """The application broke off, or what it says is no HTTP."""


class Crowded(Unavailable):
    """The pod has as many connections as it may, and none became free."""


class Connection:
    """One connection to an application, and where the talk on it stands."""

    def __init__(self, stream: ByteStream) -> None:
        self.stream = stream
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self.was_used = False

    async def send(self, *events: h11.Event) -> None:
        try:
            data = b"".join(self.http.send(event) or b"" for event in events)
            if data:
                await self.stream.write(data)
        except (h11.LocalProtocolError, PodlabError, OSError) as error:
            raise Broken(f"the application took no more: {error}") from error

    async def answer(self) -> h11.Response | h11.InformationalResponse:
        """The head of the answer; an informational one only where it changes the protocol (101)."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                # h11 bounds what has not come whole yet.
                if sum(len(name) + len(value) for name, value in event.headers) > MAX_HEAD_BYTES:
                    raise Broken(
                        f"the application's answer begins with over {MAX_HEAD_BYTES} bytes of headers"
                    )
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise Broken("the application broke off")

    async def body(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)
        if not isinstance(event, h11.EndOfMessage):
            raise Broken("the application broke off")

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        try:
            while (event := self.http.next_event()) is h11.NEED_DATA:
                self.http.receive_data(await self.stream.read())
        except (h11.RemoteProtocolError, PodlabError, OSError) as error:
            raise Broken(f"the application broke off, or this is no HTTP: {error}") from error
        return event  # type: ignore[return-value]

    def is_reusable(self) -> bool:
        """Whether another request can follow; if so, it is ready for it."""
        self.was_used = True
        with suppress(h11.LocalProtocolError):
            if self.http.our_state is not h11.IDLE:
                self.http.start_next_cycle()
            return not self.http.trailing_data[0]
        return False


class _Pod:
    def __init__(self) -> None:
        self.places = asyncio.Semaphore(MAX_PER_POD)
        self.users = 0
        self.idle: deque[tuple[int, Connection, asyncio.TimerHandle]] = deque()


class Connections:
    """`async with Connections(dial)`: leaving it closes what is idle and waits until all is closed."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._pods: dict[str, _Pod] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for pod in list(self._pods.values()):
            while pod.idle:
                self._close_idle(pod)
        while self._closing:
            await asyncio.wait(set(self._closing))

    @asynccontextmanager
    async def to(
        self, name: str, port: int, *, fresh: bool = False, patience_s: float = 0
    ) -> AsyncIterator[Connection]:
        """A connection for one request. Unless `fresh`, it may be one `was_used`, which the application may have
        ended meanwhile. `Crowded`; what the engine raises where nobody listens."""
        pod = self._pods.setdefault(name, _Pod())
        pod.users += 1
        try:
            try:
                async with asyncio.timeout(QUEUE_S):
                    await pod.places.acquire()
            except TimeoutError as error:
                raise Crowded(f"pod {name!r} has {MAX_PER_POD} connections open", subject=name) from error
            connection: Connection | None = None
            try:
                connection = (None if fresh else self._idle(pod, port)) or await self._new(
                    name, port, patience_s
                )
                yield connection
            finally:
                if connection and connection.is_reusable():
                    self._keep(pod, port, connection)
                    pod.places.release()
                elif connection:
                    self._close(connection.stream, pod.places)
                else:
                    pod.places.release()
        finally:
            pod.users -= 1
            self._forget(name, pod)

    async def _new(self, name: str, port: int, patience_s: float) -> Connection:
        try:
            async with asyncio.timeout(DIAL_S + patience_s):
                stream = await self._dial(name, port, patience_s)
                return Connection(await stream.__aenter__())
        except TimeoutError as error:
            raise Unavailable(f"port {port} in pod {name!r} was not reached in {DIAL_S:.0f} s") from error

    @staticmethod
    def _idle(pod: _Pod, port: int) -> Connection | None:
        for each in reversed(pod.idle):
            if each[0] == port:
                pod.idle.remove(each)
                each[2].cancel()
                return each[1]
        return None

    def _keep(self, pod: _Pod, port: int, connection: Connection) -> None:
        if len(pod.idle) >= MAX_IDLE_PER_POD:
            self._close_idle(pod)
        timer = asyncio.get_running_loop().call_later(IDLE_S, self._close_idle, pod)  # the oldest ends first
        pod.idle.append((port, connection, timer))

    def _close_idle(self, pod: _Pod) -> None:
        _, connection, timer = pod.idle.popleft()
        timer.cancel()
        self._close(connection.stream, None)
        for name in [name for name, each in self._pods.items() if each is pod]:
            self._forget(name, pod)

    def _close(self, stream: ByteStream, places: asyncio.Semaphore | None) -> None:
        """Behind the request, which need not wait for it; the place is free when it is done."""

        async def close() -> None:
            try:
                await stream.__aexit__(None, None, None)
            except (PodlabError, OSError):
                pass  # the pod or the engine is gone, and the connection with it
            except Exception:
                _log.exception("a connection into a pod was not closed by a mistake")
            finally:
                if places:
                    places.release()

        task = asyncio.create_task(close(), name="close preview")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _forget(self, name: str, pod: _Pod) -> None:
        if not pod.users and not pod.idle and self._pods.get(name) is pod:
            del self._pods[name]
