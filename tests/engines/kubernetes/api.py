"""An API server in this process, small and ill-behaved on demand: what a real one does once a month.

It keeps objects by path, tells watches of changes, and plays a kubelet that starts what is made. For what a real one
does, the other tests here have a real one.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from podlab.engines.kubernetes.access import Access
from podlab.engines.kubernetes.client import Client
from podlab.engines.kubernetes.engine import KubernetesEngine

JSON = dict[str, Any]


class FakeApi:
    """`delay_s` of each answer; `refusals` are the next answers to requests by their method; `oldest` is the first
    version that a watch may go on from."""

    def __init__(self) -> None:
        self.objects: dict[str, JSON] = {}
        self.version = 100
        self.oldest = 0
        self.delay_s = 0.0
        self.refusals: dict[str, list[int]] = {}
        self.requests: list[tuple[str, str]] = []
        self.watches = 0
        self.git_version = "v1.20.2"
        self.page = 500
        self._history: list[tuple[int, str, str, JSON]] = []
        self._news = asyncio.Event()
        self._cut = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    # --- the server

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._cut = asyncio.Event()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """As if it was killed: what it has told is kept."""
        self._cut.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def has_watched(self, times: int) -> bool:
        return self.watches >= times

    def client(self) -> Client:
        return Client(Access(server=f"http://127.0.0.1:{self._port}", namespace="lab", chosen_by="the test"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        self.requests.append((request.method, path))
        await asyncio.sleep(self.delay_s)
        if codes := self.refusals.get(request.method):
            return _status(codes.pop(0), "as the test wants it")
        if path == "/version":
            return web.json_response({"gitVersion": self.git_version})
        if request.method == "GET" and request.query.get("watch"):
            return await self._watch(request, path)
        body = json.loads(await request.read() or b"null")
        if request.method == "GET" and self._is_list(path):
            return self._list(request, path)
        answer: web.Response = getattr(self, f"_{request.method.lower()}")(path, body)
        return answer

    def _is_list(self, path: str) -> bool:
        return path.split("/namespaces/")[1].count("/") == 1

    def _list(self, request: web.Request, path: str) -> web.Response:
        items = [each for key, each in sorted(self.objects.items()) if key.startswith(path + "/")]
        items = [each for each in items if _fits(request.query.get("fieldSelector", ""), each)]
        begin = int(request.query.get("continue", "0"))
        metadata: JSON = {"resourceVersion": str(self.version)}
        if begin + self.page < len(items):
            metadata["continue"] = str(begin + self.page)
        return web.json_response({"metadata": metadata, "items": items[begin : begin + self.page]})

    def _get(self, path: str, _: Any) -> web.Response:
        return web.json_response(self.objects[path]) if path in self.objects else _status(404, "not found")

    def _post(self, path: str, body: JSON) -> web.Response:
        path = f"{path}/{body['metadata']['name']}"
        if path in self.objects:
            return _status(409, "already exists", "AlreadyExists")
        made = deepcopy(body)
        made["metadata"] |= {"uid": uuid.uuid4().hex, "creationTimestamp": now()}
        if made["kind"] == "Pod":
            made["status"] = running(made)
        self.tell("ADDED", path, made)
        return web.json_response(made, status=201)

    def _patch(self, path: str, body: JSON) -> web.Response:
        there = self.objects[path]
        expected = body["metadata"].pop("resourceVersion", None)
        if expected not in (None, there["metadata"]["resourceVersion"]):
            return _status(409, "the object has been modified", "Conflict")
        changed = _merged(there, body)
        self.tell("MODIFIED", path, changed)
        return web.json_response(changed)

    def _delete(self, path: str, body: JSON) -> web.Response:
        if path not in self.objects:
            return _status(404, "not found")
        there = self.objects[path]
        uid = (body or {}).get("preconditions", {}).get("uid")
        if uid not in (None, there["metadata"]["uid"]):
            return _status(409, "another uid", "Conflict")
        self.tell("DELETED", path, there)
        return web.json_response(there)

    def tell(self, kind: str, path: str, made: JSON) -> None:
        """What happens, and is told to all that watch."""
        self.version += 1
        made = deepcopy(made)
        made["metadata"]["resourceVersion"] = str(self.version)
        if kind == "DELETED":
            self.objects.pop(path, None)
        else:
            self.objects[path] = made
        self._history.append((self.version, kind, path, made))
        self._news.set()
        self._news = asyncio.Event()

    def forget(self) -> None:
        """Whoever goes on from before now is told 410."""
        self.oldest = self.version

    async def cut(self) -> None:
        """Every watch breaks off."""
        self._cut.set()
        await asyncio.sleep(0)
        self._cut = asyncio.Event()

    async def _watch(self, request: web.Request, path: str) -> web.StreamResponse:
        self.watches += 1
        at = int(request.query["resourceVersion"])
        fields = request.query.get("fieldSelector", "")
        response = web.StreamResponse()
        await response.prepare(request)
        cut = self._cut
        while not cut.is_set():
            if at < self.oldest:
                gone = {
                    "kind": "Status",
                    "code": 410,
                    "reason": "Expired",
                    "message": "too old resource version",
                }
                await response.write(json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n")
                return response
            for version, kind, key, made in self._history:
                if version > at and key.startswith(path + "/"):
                    at = version
                    if _fits(fields, made):
                        await response.write(json.dumps({"type": kind, "object": made}).encode() + b"\n")
            news = asyncio.ensure_future(self._news.wait())
            cutting = asyncio.ensure_future(cut.wait())
            await asyncio.wait({news, cutting}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            cutting.cancel()
        if request.transport is not None:
            request.transport.abort()
        return response


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[FakeApi, KubernetesEngine]]:
    api = FakeApi()
    await api.start()
    engine = KubernetesEngine(api.client())
    try:
        yield api, engine
    finally:
        await engine.close()
        await api.stop()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def running(pod: Mapping[str, Any], *, ready: bool = True) -> JSON:
    """The status of a pod whose containers all run."""
    statuses = [
        {
            "name": each["name"], "image": each["image"], "imageID": "", "restartCount": 0, "ready": ready,
            "started": True, "containerID": f"containerd://{each['name']}-{uuid.uuid4().hex[:6]}",
            "state": {"running": {"startedAt": now()}}, "lastState": {},
        }
        for each in pod["spec"]["containers"]
    ]  # fmt: skip
    return {"phase": "Running", "podIP": "10.1.1.1", "startTime": now(), "containerStatuses": statuses}


def _status(code: int, message: str, reason: str = "") -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": code, "message": message, "reason": reason}
    headers = {"Retry-After": "0"} if code in (429, 504) else {}
    return web.json_response(body, status=code, headers=headers)


def _fits(selector: str, made: JSON) -> bool:
    for each in filter(None, selector.split(",")):
        key, _, value = each.partition("=")
        found: Any = made
        for part in key.split("."):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        if found != value:
            return False
    return True


def _merged(there: JSON, patch: JSON) -> JSON:
    made = deepcopy(there)
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict):
            made[key] = _merged(made.get(key, {}), value)
        elif key in ("containers", "initContainers"):
            by_name = {each["name"]: each for each in value}
            made[key] = [each | by_name.get(each["name"], {}) for each in made[key]]
        else:
            made[key] = value
    return made
