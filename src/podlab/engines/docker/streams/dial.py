"""A TCP connection into a pod: `nc` in its infra container, over the engine's own connection."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from podlab.engines.base import ExecOptions
from podlab.engines.docker.streams.process import ExecProcess, exec_process
from podlab.errors import Conflict, Invalid, NotFound, Unavailable, Unsupported

if TYPE_CHECKING:
    from podlab.engines.docker.api.client import Client

CLOSE_TIMEOUT_S = 5
_REFUSED = 111
"""ECONNREFUSED; no exit code of `nc`."""
# busybox's nc says nothing when it is connected. So the kernel is asked first who listens (state 0A),
# which opens no connection that a server would notice: https://docs.kernel.org/networking/proc_net_tcp.html
# (Addresses are in the machine's byte order.) Loopback goes before another address of the pod.
# The shell's number is said first, since nc takes it over and must be ended by somebody who knows it.
# Looking forks nothing, and the pauses grow: thirty pods may wait at the same time.
_SCRIPT = f"""
port=$(printf %04X "$1") left=$2 pause=1 to= other=
look() {{
    while read -r _ local _ state _; do
        [ "$state" = 0A ] || continue
        case $local in
        00000000:$port | 0100007F:$port | 7F000001:$port) to=127.0.0.1 ;;
        {"0" * 32}:$port | {"0" * 24}01000000:$port | {"0" * 31}1:$port) to=${{to:-::1}} ;;
        ????????:$port)
            one=${{local%??????:*}} two=${{local%????:*}} three=${{local%??:*}} four=${{local%:*}}
            other=$((0x${{four#??????}})).$((0x${{three#????}})).$((0x${{two#??}})).$((0x$one)) ;;
        esac
    done
}}
while :; do
    look </proc/net/tcp
    [ "$to" ] || ! [ -r /proc/net/tcp6 ] || look </proc/net/tcp6
    to=${{to:-$other}}
    [ -z "$to" ] || break
    [ "$left" -gt 0 ] || exit {_REFUSED}
    sleep 0.$pause
    left=$((left - pause))
    [ $pause = 5 ] || pause=$((pause + 1))
done
echo $$ >&2
exec nc "$to" "$1"
"""


async def dial(client: Client, infra_id: str, port: int, patience_s: float = 0) -> Stream:
    """Connect to a port in the network namespace of the infra container, on loopback, 127.0.0.1, else ::1, or on
    another of the pod's IPv4 addresses.

    `Unavailable` where nobody listens there within `patience_s`; waiting is done in the pod, by one command.
    The image of the infra container must have busybox; the others need nothing. When the server ends its
    half, the connection is over: busybox's nc leaves then.
    """
    if not 1 <= port <= 65535:
        raise Invalid(f"{port} is not a port", subject=str(port), hint="ports are 1 to 65535")
    command = ["sh", "-c", _SCRIPT, "sh", str(port), str(round(patience_s * 10))]
    stream = Stream(client, infra_id, await exec_process(client, infra_id, command, ExecOptions(stdin=True)))
    try:
        await stream.opened(port)
    except BaseException:
        await stream.__aexit__()
        raise
    return stream


class Stream:
    """The `ByteStream`. Leaving it ends `nc` also where the server keeps silent and open."""

    def __init__(self, client: Client, infra_id: str, process: ExecProcess) -> None:
        self._client = client
        self._infra_id = infra_id
        self._process = process
        self._said = b""
        self._early: deque[bytes] = deque()
        self._ended = False

    async def opened(self, port: int) -> None:
        """Returns when nc has taken over; a server that speaks first may have said something by then."""
        while b"\n" not in self._said:
            if (piece := await self._process.read()) is None:
                self._ended = True
                code = await self._process.wait()
                why = self._said.decode(errors="replace") or f"exit code {code}"
                why = "nobody listens there" if code == _REFUSED else why
                raise Unavailable(f"cannot reach port {port} in the pod: {why}", subject=str(port))
            if piece[0] == 1:
                self._early.append(piece[1])
            else:
                self._said += piece[1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        with suppress(NotFound, Conflict, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._end()
        await self._process.__aexit__()

    async def read(self) -> bytes:
        if self._early:
            return self._early.popleft()
        while piece := await self._process.read():
            if piece[0] == 1:
                return piece[1]
        self._ended = True
        return b""

    async def write(self, data: bytes) -> None:
        await self._process.write(data)

    async def write_eof(self) -> None:
        with suppress(Unsupported):  # over TLS: what is sent stays sent, and the other half goes on
            await self._process.write_eof()

    async def _end(self) -> None:
        """Most servers hang up when we do; those that do not are left by ending nc."""
        while not self._ended and b"\n" not in self._said:  # cancelled while it was being opened
            piece = await self._process.read()
            self._ended = piece is None
            self._said += piece[1] if piece and piece[0] == 2 else b""
        await self._process.__aexit__()
        for pause_s in (0, 0.02, 0.1, None):
            if self._ended or not await self._process.is_running():
                return
            if pause_s is None:
                break
            await asyncio.sleep(pause_s)
        kill = ["kill", self._said.split(b"\n")[0].decode()]
        killer = await exec_process(self._client, self._infra_id, kill, ExecOptions(detach=True))
        await killer.wait()
        await self._process.wait()
