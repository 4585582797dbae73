"""An API server with one pod, whose containers are this machine: commands are run here, ports are this machine's.

As far as podlab is concerned it speaks as the real one does, with v4 of the protocol or with v5. What the real one
does with it, tests/engines/kubernetes/test_inside.py proves.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from podlab.engines.kubernetes.access import Access
from podlab.engines.kubernetes.client import Client

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
SUCCESS = {"metadata": {}, "status": "Success"}


class Api:
    """`protocols` are those that it knows. `programs` that are missing cannot be started. `sent_bytes` of output were
    taken by the connection, and `commands` were started."""

    def __init__(self, *protocols: str) -> None:
        self.protocols = protocols or (V4,)
        self.missing: set[str] = set()
        self.sent_bytes = 0
        self.commands = 0
        self.pod: dict[str, Any] = {
            "metadata": {
                "name": "web",
                "uid": "1",
                "resourceVersion": "1",
                "labels": {"podlab.io/version": "1"},
            },
            "spec": {"containers": [{"name": "app", "image": "busybox"}]},
            "status": {"containerStatuses": [{"name": "app", "containerID": "c", "state": {"running": {}}}]},
        }
        self.log = b""
        self._processes: list[asyncio.subprocess.Process] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Client]:
        app = web.Application()
        root = "/api/v1/namespaces/lab/pods/web"
        app.router.add_get("/version", self._version)
        app.router.add_get("/api/v1/namespaces/lab/pods", self._pods)
        app.router.add_get(root, self._pod)
        app.router.add_patch(f"{root}/ephemeralcontainers", self._debug)
        app.router.add_get(f"{root}/log", self._log)
        app.router.add_get(f"{root}/exec", self._exec)
        app.router.add_get(f"{root}/portforward", self._forward)
        async with TestServer(app) as server:
            client = Client(Access(server=str(server.make_url("")).rstrip("/"), namespace="lab"))
            try:
                yield client
            finally:
                await client.close()
                for process in self._processes:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    await process.communicate()

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"gitVersion": "v1.29.0"})

    async def _pods(self, request: web.Request) -> web.Response:
        return web.json_response({"metadata": {"resourceVersion": "2"}, "items": [self.pod]})

    async def _debug(self, request: web.Request) -> web.Response:
        """Containers of the image `none` do not start, and none may trace others."""
        [made] = json.loads(await request.text())["spec"]["ephemeralContainers"]
        if made["securityContext"].get("capabilities"):
            return web.json_response({"message": "violates PodSecurity", "reason": "Forbidden"}, status=403)
        self.pod["spec"].setdefault("ephemeralContainers", []).append(made)
        waiting = {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}
        state = waiting if made["image"] == "none" else {"running": {}}
        status = {"name": made["name"], "containerID": made["name"], "state": state}
        self.pod["status"].setdefault("ephemeralContainerStatuses", []).append(status)
        return web.json_response(self.pod)

    async def _pod(self, request: web.Request) -> web.Response:
        return web.json_response(self.pod)

    async def _log(self, request: web.Request) -> web.Response:
        return web.Response(body=self.log)

    async def _accepted(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=self.protocols, max_msg_size=1 << 25)
        await socket.prepare(request)
        return socket

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        debugging = [each["name"] for each in self.pod["spec"].get("ephemeralContainers", ())]
        if request.query["container"] not in ("app", *debugging):
            return web.json_response({"message": "container nope is not valid for pod web"}, status=400)
        if "running" not in self.pod["status"]["containerStatuses"][0]["state"]:
            return web.json_response({"message": "container not found"}, status=500)
        socket = await self._accepted(request)
        command = request.query.getall("command")
        self.commands += 1
        await socket.send_bytes(b"\x01")  # as kubelets greet
        if command[0] in self.missing or not shutil.which(command[0]):
            await self._end(
                socket, _failure(f'exec: "{command[0]}": executable file not found in $PATH: unknown')
            )
            return socket
        stdin = asyncio.subprocess.PIPE if "stdin" in request.query else asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        self._processes.append(process)
        assert process.stdout and process.stderr
        typing = asyncio.create_task(self._type(socket, process))
        outputs = [self._pass(socket, 1, process.stdout), self._pass(socket, 2, process.stderr)]
        with suppress(ConnectionError):
            await asyncio.gather(*outputs)
            code = await process.wait()
            code = 128 - code if code < 0 else code
            await self._end(socket, _exited(code) if code else SUCCESS)
        typing.cancel()
        return socket

    async def _pass(self, socket: web.WebSocketResponse, channel: int, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(1 << 15):
            await socket.send_bytes(bytes((channel,)) + data)
            self.sent_bytes += len(data)

    async def _type(self, socket: web.WebSocketResponse, process: asyncio.subprocess.Process) -> None:
        async for message in socket:
            if message.type is not WSMsgType.BINARY or not process.stdin:
                continue
            channel, data = message.data[0], message.data[1:]
            with suppress(ConnectionError):
                if channel == 0:
                    process.stdin.write(data)
                    await process.stdin.drain()
                elif (channel, data) == (255, b"\0"):
                    assert socket.ws_protocol == V5
                    process.stdin.close()
        if process.stdin:
            process.stdin.close()

    async def _end(self, socket: web.WebSocketResponse, status: dict[str, Any]) -> None:
        await socket.send_bytes(b"\x03" + json.dumps(status).encode())
        await socket.close()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        socket = await self._accepted(request)
        port = int(request.query["ports"])
        for channel in (0, 1):
            await socket.send_bytes(bytes((channel,)) + port.to_bytes(2, "little"))
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError as error:
            await socket.send_bytes(b"\x01" + f"error forwarding port {port}: {error}".encode())
            await socket.close()
            return socket

        async def back() -> None:
            while data := await reader.read(1 << 15):
                await socket.send_bytes(b"\0" + data)
            await socket.close()

        task = asyncio.create_task(back())
        async for message in socket:
            writer.write(message.data[1:])
        task.cancel()
        writer.close()
        return socket


def _failure(message: str) -> dict[str, Any]:
    return {"status": "Failure", "reason": "InternalError", "code": 500, "message": message}


def _exited(code: int) -> dict[str, Any]:
    return {
        "status": "Failure", "reason": "NonZeroExitCode", "message": f"exit code {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }  # fmt: skip
