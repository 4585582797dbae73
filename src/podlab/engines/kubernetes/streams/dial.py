"""A TCP connection into a pod: the API's port forwarding, over a websocket.

A message's first byte says whether it is data (0) or an error (1); the first message of each has the port's number.
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from podlab.engines.kubernetes.streams.channels import V4
from podlab.engines.kubernetes.streams.errand import shell
from podlab.engines.kubernetes.streams.opening import Place
from podlab.engines.kubernetes.streams.websocket import WebSocket, connect
from podlab.errors import Conflict, Denied, Invalid, NotFound, PodlabError, Unavailable, Unsupported

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

_DATA, _ERROR = 0, 1
_PREAMBLE_BYTES = 2
_READ_AHEAD_BYTES = 1 << 16
_MESSAGE_BYTES = 1 << 16
_REFUSAL_S = 0.3
_AGAIN_S = 0.25
_STILL_S = 10.0
"""For how long who has listened is taken to listen still: looking costs ten times what a connection does, and a page in
a preview is many connections."""
_STILL_REFUSAL_S = 0.05
_SILENCE_S = 5.0
# The API says nothing when it is connected. So a container of the pod is asked first who listens (state 0A), which
# opens no connection that a server would notice. https://docs.kernel.org/networking/proc_net_tcp.html
# Kubelets connect to localhost. Addresses are in the machine's byte order.
_LOOK = f"""
port=$(printf %04X "$1") left=$2 pause=1
look() {{
  while read -r _ local _ state _; do
    [ "$state" = 0A ] || continue
    case $local in
    00000000:$port|0100007F:$port|7F000001:$port|{"0" * 32}:$port|{"0" * 24}01000000:$port|{"0" * 31}1:$port) exit 0 ;;
    esac
  done
}}
[ -r /proc/net/tcp ] || exit 3
while :; do
  look </proc/net/tcp
  [ ! -r /proc/net/tcp6 ] || look </proc/net/tcp6
  [ "$left" -gt 0 ] || exit 1
  sleep 0.$pause
  left=$((left-pause))
  [ $pause = 5 ] || pause=$((pause+1))
done
"""


async def dial(client: Client, pod: str, port: int, patience_s: float = 0) -> Forwarded:
    """Connect to a port in the pod's network, on its loopback. `Unavailable` where nobody listens there within
    `patience_s`. Waiting is done in the pod, by a container's shell; where none has one, by trying again."""
    if not 1 <= port <= 65535:
        raise Invalid(f"{port} is not a port", subject=str(port), hint="ports are 1 to 65535")
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    heard: dict[tuple[str, int], float] = client.seen.setdefault("heard", {})
    if loop.time() - heard.pop((pod, port), -_STILL_S) < _STILL_S:
        with suppress(Unavailable):
            stream = await _opened(client, pod, port, _STILL_REFUSAL_S)
            heard[pod, port] = loop.time()
            return stream
    looking = asyncio.ensure_future(_somebody_listens(client, pod, port, patience_s))
    try:
        if patience_s and await looking is False:
            raise _nobody(port, "nobody listens there")
        while True:
            opening = asyncio.ensure_future(_opened(client, pod, port, 0))
            try:
                is_known = await looking
                if is_known is False:
                    raise _nobody(port, "nobody listens there")
                stream = await opening
                await stream.opened(0 if is_known else _REFUSAL_S)
            except BaseException as error:
                await _forget(opening)
                if not isinstance(error, Unavailable) or loop.time() >= until:
                    raise
            else:
                if is_known:
                    heard[pod, port] = loop.time()
                return stream
            await asyncio.sleep(_AGAIN_S)
    finally:
        looking.cancel()


async def _opened(client: Client, pod: str, port: int, patience_s: float) -> Forwarded:
    stream = Forwarded(await _connected(client, pod, port), port)
    try:
        await stream.opened(patience_s)
    except BaseException:
        stream.close()
        raise
    return stream


async def _forget(opening: asyncio.Future[Forwarded]) -> None:
    opening.cancel()
    with suppress(asyncio.CancelledError, PodlabError):
        (await opening).close()


async def _connected(client: Client, pod: str, port: int) -> WebSocket:
    try:
        return await connect(client, client.pod(pod, "portforward"), [("ports", str(port))], [V4])
    except Invalid as error:
        raise Conflict(f"pod '{pod}' does not run: {error.message}", subject=pod) from error


async def _somebody_listens(client: Client, pod: str, port: int, patience_s: float) -> bool | None:
    """None where no container can tell. Who could is asked first the next time."""
    lookers: dict[str, str] = client.seen.setdefault("lookers", {})
    asked = [port, round(patience_s * 10)]
    if pod in lookers:
        with suppress(Unsupported, Conflict, Denied, NotFound):
            return await _look(Place(client, pod, lookers[pod]), asked)
    lookers.pop(pod, None)
    found = await client.json("GET", client.pod(pod))
    for each in (found.get("status") or {}).get("containerStatuses") or ():
        if "running" not in (each.get("state") or {}):
            continue
        with suppress(Unsupported, Conflict, Denied):
            if (is_so := await _look(Place(client, pod, each["name"]), asked)) is not None:
                lookers[pod] = each["name"]
                return is_so
    return None


async def _look(place: Place, asked: list[int]) -> bool | None:
    done = await shell(place, _LOOK, *map(str, asked))
    return {0: True, 1: False}.get(done.code)


class Forwarded:
    """The `ByteStream`. Port forwarding knows no end of a half, so the server in the pod is not told of `write_eof`:
    what it still has to say is read until it has been silent for five seconds, and then the connection is over."""

    def __init__(self, socket: WebSocket, port: int) -> None:
        self._socket = socket
        self._port = port
        self._pieces: deque[bytes] = deque()
        self._kept_bytes = 0
        self._preamble_bytes = [_PREAMBLE_BYTES, _PREAMBLE_BYTES]
        self._refusal = b""
        self._error: PodlabError | None = None
        self._is_over = False
        self._has_said_all = False
        self._news = asyncio.Event()
        socket.start(self._message, self._ended)

    async def opened(self, patience_s: float) -> None:
        """Returns when the far side has begun, and has not refused within that time."""
        while any(self._preamble_bytes) and not self._is_over:
            await self._more()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while patience_s and not self._pieces and not self._is_over:
                    await self._more()
        if self._is_over and not self._pieces:
            raise self._error or _nobody(self._port, "the connection ended at once")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    async def read(self) -> bytes:
        while not self._pieces:
            if self._is_over:
                if self._error:
                    raise self._error
                return b""
            try:
                async with asyncio.timeout(_SILENCE_S if self._has_said_all else None):
                    await self._more()
            except TimeoutError:
                self.close()
                return b""
        data = self._pieces.popleft()
        self._kept_bytes -= len(data)
        if self._kept_bytes < _READ_AHEAD_BYTES:
            self._socket.resume()
        return data

    async def write(self, data: bytes) -> None:
        for begin in range(0, len(data), _MESSAGE_BYTES):
            self._socket.send(bytes((_DATA,)) + data[begin : begin + _MESSAGE_BYTES])
            await self._socket.drain()

    async def write_eof(self) -> None:
        """From now on silence is the end."""
        self._has_said_all = True
        self._news.set()

    async def _more(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _message(self, message: bytes) -> None:
        channel, data = (message[0], message[1:]) if message else (255, b"")
        if channel not in (_DATA, _ERROR):
            return
        if missing := self._preamble_bytes[channel]:
            self._preamble_bytes[channel] = max(0, missing - len(data))
            data = data[missing:]
        if channel == _ERROR and data:
            self._refusal += data
            self._end(_nobody(self._port, self._refusal.decode(errors="replace").strip()))
        elif data:
            self._pieces.append(data)
            self._kept_bytes += len(data)
            if self._kept_bytes >= _READ_AHEAD_BYTES:
                self._socket.pause()
        self._news.set()

    def _ended(self, why: PodlabError | None) -> None:
        self._end(why)

    def _end(self, why: PodlabError | None) -> None:
        if not self._is_over:
            self._is_over = True
            self._error = why
        self._news.set()


def _nobody(port: int, why: str) -> Unavailable:
    return Unavailable(f"cannot reach port {port} in the pod: {why}", subject=str(port))
