"""The yardstick: a pod made by hand, as an expert would write it for one occasion.

Plain asyncio over the engine's Unix socket, connections kept alive, nothing checked, nothing repaired. It
shows what the engine itself takes, so a peer's time over this one's is the peer's own cost.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Any, Self
from urllib.parse import urlencode


class Api:
    """As many connections as there are requests at once; each is used again."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for _, writer in self._idle:
            writer.close()

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        payload = b"" if body is None else json.dumps(body).encode()
        head = _head(method, f"{path}?{urlencode(query)}", len(payload))
        connection = self._idle.pop() if self._idle else await asyncio.open_unix_connection(self.socket)
        reader, writer = connection
        writer.write(head + b"\r\n" + payload)
        status, answer = await _response(reader)
        self._idle.append(connection)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer.decode()}")
        return json.loads(answer) if answer[:1] in (b"{", b"[") else None


def _head(method: str, target: str, length: int) -> bytes:
    content = f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{method} {target} HTTP/1.1\r\nHost: engine\r\n{content}".encode()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if status in (204, 304):
        return status, b""
    if b"transfer-encoding: chunked" not in head:
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return status, await reader.readexactly(int(length))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, body


Members = Sequence[tuple[str, dict[str, Any]]]
"""Names and bodies of `POST /containers/create`, without what makes them members."""


async def up(api: Api, pod: str, infra: dict[str, Any], members: Members) -> None:
    """Members are created while the infra container starts, then started together."""
    owner = (await api.call("POST", "/containers/create", infra, name=f"{pod}-infra"))["Id"]
    async with asyncio.TaskGroup() as group:
        started = group.create_task(api.call("POST", f"/containers/{owner}/start"))
        for name, body in members:
            group.create_task(_member(api, f"{pod}-{name}", body, owner, started))


async def _member(api: Api, name: str, body: dict[str, Any], owner: str, started: asyncio.Task[Any]) -> None:
    host = {**body.get("HostConfig", {}), "NetworkMode": f"container:{owner}"}
    await api.call("POST", "/containers/create", {**body, "HostConfig": host}, name=name)
    await started
    await api.call("POST", f"/containers/{name}/start")


async def down(api: Api, pod: str, members: Iterable[str]) -> None:
    """Everything at once, by force."""
    async with asyncio.TaskGroup() as group:
        for name in (*members, "infra"):
            group.create_task(api.call("DELETE", f"/containers/{pod}-{name}", force=1, v=1))


async def execute(api: Api, container: str, command: Sequence[str]) -> None:
    """Run a command in a container; returns when it has ended."""
    made = await api.call("POST", f"/containers/{container}/exec", {"Cmd": command, "AttachStdout": True})
    reader, writer = await asyncio.open_unix_connection(api.socket)
    writer.write(_head("POST", f"/exec/{made['Id']}/start", 2) + b"Connection: close\r\n\r\n{}")
    await reader.read()  # its output ends with it
    writer.close()
    code = (await api.call("GET", f"/exec/{made['Id']}/json"))["ExitCode"]
    if code:
        raise RuntimeError(f"{container}: {' '.join(command)}: exit code {code}")
