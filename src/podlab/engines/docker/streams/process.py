"""A command in a container (exec), and a container's own process (attach)."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Literal, Self

from podlab.engines.detach import DetachKeys
from podlab.engines.docker.api.client import CHUNK_BYTES
from podlab.engines.docker.streams.frames import Demultiplexer
from podlab.engines.docker.streams.signals import end_session, signal_process
from podlab.errors import Conflict, Denied, Invalid, NotFound, PodlabError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from podlab.engines.base import ExecOptions
    from podlab.engines.docker.api.client import Client, Response
    from podlab.engines.docker.api.transport import Connection

_NO_KEYS = ",".join(["ctrl-@", "ctrl-_", "ctrl-^"] * 4)
"""An engine that gets no detach keys takes Ctrl-P Ctrl-Q, and so holds every Ctrl-P back. Nobody types these.
The keys themselves are looked for on our side, since only so it is known why a stream ended."""
_START_S = 30
"""An engine that takes longer to start a command has other troubles."""
_UNSENT_BYTES = 1 << 12
"""Input that the engine has not taken, beyond which a writer has to wait."""


async def exec_process(
    client: Client, container_id: str, command: Sequence[str], options: ExecOptions
) -> ExecProcess:
    """Start a command. `Conflict` where the container does not run."""
    size = options.size and list(_checked(*options.size))[::-1]
    keys = DetachKeys(options.detach_keys if options.tty else "")
    made = await client.json(
        "POST",
        f"/containers/{container_id}/exec",
        body={
            "Cmd": list(command), "Env": [f"{k}={v}" for k, v in options.env.items()],
            "WorkingDir": options.workdir, "User": options.user, "Privileged": options.privileged,
            "AttachStdin": options.stdin and not options.detach,
            "AttachStdout": not options.detach, "AttachStderr": not options.detach,
            "Tty": options.tty, "DetachKeys": _NO_KEYS, "ConsoleSize": size,
        },
    )  # fmt: skip
    path = f"/exec/{made['Id']}"
    start: dict[str, Any] = {"Detach": options.detach, "Tty": options.tty}
    if size and options.tty:  # the second is in Podman's words
        start |= {"ConsoleSize": size} | {"h": size[0], "w": size[1]}
    if options.detach:
        await client.json("POST", f"{path}/start", body=start)
        return ExecProcess(client, container_id, path, None, b"", is_raw=True, keys=keys)
    connection, first = await client.hijack(f"{path}/start", body=start)
    return ExecProcess(client, container_id, path, connection, first, is_raw=options.tty, keys=keys)


async def attach_process(
    client: Client, container_id: str, *, stdin: bool = False, detach_keys: str = ""
) -> ContainerProcess:
    """The container's own process, running or about to be started; the output from now on."""
    path = f"/containers/{container_id}"
    tty = bool((await client.json("GET", f"{path}/json"))["Config"]["Tty"])
    keys = DetachKeys(detach_keys if tty else "")
    async with AsyncExitStack() as stack:
        # Asked before anything is started: one that is restarted at once has no exit code left to read.
        ending = await stack.enter_async_context(
            client.request("POST", f"{path}/wait", query={"condition": "next-exit"})
        )
        query: dict[str, str | int | bool] = {
            "stream": True, "stdin": stdin, "stdout": True, "stderr": True, "detachKeys": _NO_KEYS,
        }  # fmt: skip
        connection, first = await client.hijack(f"{path}/attach", query=query)
        return ContainerProcess(
            client, container_id, path, connection, first,
            is_raw=tty, keys=keys, ending=ending, stack=stack.pop_all(),
        )  # fmt: skip
    raise AssertionError  # mypy: the stack swallows nothing


class Process:
    """What `exec` and `attach` have in common: a connection that carries input, output and errors."""

    def __init__(
        self, client: Client, container_id: str, path: str, connection: Connection | None, first: bytes,
        *, is_raw: bool, keys: DetachKeys,
    ) -> None:  # fmt: skip
        self._client = client
        self._container_id = container_id
        self._path = path
        self._connection = connection
        self._first = first
        self._frames = None if is_raw else Demultiplexer()
        self._pieces: deque[tuple[Literal[1, 2], bytes]] = deque()
        self._keys = keys

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._close()

    async def _close(self) -> None:
        if self._connection:
            await self._connection.close()

    @property
    def is_detached(self) -> bool:
        return self._keys.were_pressed

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        while not self._pieces:
            data = await self._receive()
            if self.is_detached or not data:
                await self._close()  # the engine reads on no more, and a writer would wait for ever
                return None
            if self._frames is None:
                return (1, data)
            self._pieces.extend((piece.stream, piece.data) for piece in self._frames.feed(data))
        return self._pieces.popleft()

    async def _receive(self) -> bytes:
        if self._first:
            data, self._first = self._first, b""
            return data
        if self._connection is None:
            return b""
        self._connection.resume()
        try:
            data = await self._connection.reader.read(CHUNK_BYTES)
        except OSError as error:
            if self.is_detached:
                return b""
            raise self._broke_off() from error
        if not data and not self.is_detached and self._frames and not self._frames.is_between_frames:
            raise self._broke_off()
        return data

    async def pour(self, take: Callable[[bytes], None]) -> None:
        if self._connection is None:
            return
        frames = self._frames

        def demultiplex(data: bytes) -> None:
            assert frames is not None  # noqa: S101
            for piece in frames.feed(data):
                take(piece.data)

        into = demultiplex if frames else take
        for _, data in self._pieces:
            take(data)
        self._pieces.clear()
        if self._first:
            data, self._first = self._first, b""
            into(data)
        self._connection.resume()
        try:
            await self._connection.pour(into)
        except OSError as error:
            if not self.is_detached:
                raise self._broke_off() from error
        if not self.is_detached and frames and not frames.is_between_frames:
            raise self._broke_off()
        await self._close()

    def hold(self) -> None:
        if self._connection:
            self._connection.hold()

    def resume(self) -> None:
        if self._connection:
            self._connection.resume()

    def put(self, data: bytes) -> bool:
        connection = self._connection
        if connection and connection.unsent_bytes > _UNSENT_BYTES:
            return False
        data = self._keys.feed(data)
        if connection and data:
            connection.write(data)
        return not self._keys.were_pressed

    async def write(self, data: bytes) -> None:
        data = self._keys.feed(data)
        if not self._connection:
            return
        try:
            if data:
                self._connection.write(data)
                await self._connection.drain()
        except OSError:
            pass  # it reads no more; `read` and `wait` tell why
        if self.is_detached:
            await self._close()

    async def write_eof(self) -> None:
        if self._connection:
            with suppress(OSError):
                self._connection.write_eof()

    async def resize(self, columns: int, rows: int) -> None:
        _checked(columns, rows)
        try:
            await self._client.json("POST", f"{self._path}/resize", query={"w": columns, "h": rows})
        except (Unavailable, Denied):
            raise
        except PodlabError:
            pass  # it has ended, which the engine tells as 404, 409 or 500

    async def wait(self) -> int:
        raise NotImplementedError

    async def signal(self, name: str) -> None:
        raise NotImplementedError

    async def hang_up(self) -> None:
        raise NotImplementedError

    def _broke_off(self) -> Unavailable:
        return Unavailable(
            f"the Docker Engine at {self._client.address} broke off the connection to the command",
            subject=str(self._client.address),
            hint="was it stopped? the command may still run in its container",
        )


class ExecProcess(Process):
    async def write_eof(self) -> None:
        """An engine may lose an end that comes before the command runs, which then waits for input for ever: so this
        waits for the command. https://github.com/moby/moby/issues/37870"""
        pause_s = 0.005
        with suppress(TimeoutError, PodlabError):
            async with asyncio.timeout(_START_S):
                while not (found := await self._inspect())["Pid"] and found["ExitCode"] is None:
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, 0.5)
        await super().write_eof()

    async def wait(self) -> int:
        """The engine notes the exit code a little after the output has ended: ask until it has."""
        if self.is_detached:
            return 0
        pause_s = 0.005
        while (found := await self._inspect())["Running"] or found["ExitCode"] is None:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 0.5)
        return int(found["ExitCode"])

    async def signal(self, name: str) -> None:
        found = await self._inspect()
        if found["Running"] and found["Pid"]:
            await signal_process(self._client, self._container_id, found["Pid"], name)

    async def hang_up(self) -> None:
        found = await self._inspect()
        if found["Running"] and found["Pid"]:
            await end_session(self._client, self._container_id, found["Pid"])

    async def is_running(self) -> bool:
        return bool((await self._inspect())["Running"])

    async def _inspect(self) -> Any:
        try:
            return await self._client.json("GET", f"{self._path}/json")
        except NotFound as error:
            raise Unavailable(
                "the engine knows nothing of the command any more, nor its exit code",
                hint="the container was removed, or the engine was restarted",
            ) from error


class ContainerProcess(Process):
    def __init__(self, *args: Any, ending: Response, stack: AsyncExitStack, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._ending = ending
        self._stack = stack

    async def __aexit__(self, *exc: object) -> None:
        async with self._stack:
            await super().__aexit__(*exc)

    async def wait(self) -> int:
        if self.is_detached:
            return 0
        return int((await self._ending.json())["StatusCode"])

    async def signal(self, name: str) -> None:
        with suppress(NotFound, Conflict):  # it has ended
            await self._client.json("POST", f"{self._path}/kill", query={"signal": name})

    async def hang_up(self) -> None:
        await self.signal("HUP")  # whatever survives it belongs to the container


def _checked(columns: int, rows: int) -> tuple[int, int]:
    """The engine takes 0, -1 and 99999."""
    if not (1 <= columns <= 9999 and 1 <= rows <= 9999):
        raise Invalid(f"a terminal cannot have {columns} columns and {rows} rows", hint="1 to 9999 of each")
    return columns, rows
