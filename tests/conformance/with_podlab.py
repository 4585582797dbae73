"""podlab as its users have it: `podlab up` and `down` on files, `podlab agent` beside them, the library to look."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import podlab
from podlab.errors import Invalid, NotFound, PodlabError
from podlab.manifest import load
from podlab.objects import key_of
from podlab.pods.select import selector
from podlab.status import ContainerStatus, Termination
from tests.conformance.kubectl import Kubectl
from tests.conformance.target import Output, Refused, Seen

BEHAVES_AS = (1, 37)
UP_S = 5.0
"""What `up --no-wait` may take before it is left to itself."""
AGENT_S = 60.0
"""What the agent may take to start. What is down before it watches, it leaves alone."""
KEEP = "--keep-on-error"
_COMMANDS_AT_ONCE = 2
"""Each is an interpreter that starts: more of them would only queue for the processors."""


class Podlab:
    """The pods of one engine. `folder` is for files of its own, `where` the environment that leads commands to the
    engine; `check` raises `Refused` where the agent is gone. `options` are `up`'s."""

    offers = frozenset({"storage"})

    def __init__(
        self,
        lab: podlab.Lab,
        folder: Path,
        where: Mapping[str, str],
        check: Callable[[], None],
        version: tuple[int, int] = BEHAVES_AS,
        options: Sequence[str] = (),
    ) -> None:
        self.version = version
        self._lab = lab
        self._folder = folder
        self._where = where
        self._check = check
        self._options = ("--no-wait", *options)
        self._removed: list[str] = []
        self._under_way: dict[str, tuple[asyncio.subprocess.Process, asyncio.Task[tuple[bytes, bytes]]]] = {}
        self._places = asyncio.Semaphore(_COMMANDS_AT_ONCE)

    async def put(self, name: str, text: str) -> None:
        async with self._places:
            process = await self._begin("up", *self._options, self._file(name, text))
            self._under_way[name] = process, asyncio.create_task(process.communicate())
            # it sees to init containers until they are done; the agent does so, too
            await asyncio.wait([self._under_way[name][1]], timeout=UP_S)
        if KEEP not in self._options:
            self._tell(name)

    def _tell(self, name: str) -> None:
        """What it said when it failed."""
        process, said = self._under_way[name]
        if said.done() and process.returncode:
            raise Refused(said.result()[0].decode(errors="replace"))

    async def remove(self, name: str, text: str) -> None:
        if name in self._under_way:
            process, said = self._under_way.pop(name)
            with suppress(ProcessLookupError):
                process.terminate()
            await said
        try:
            loaded = load([self._file(name, text)])
        except Invalid:
            return  # it was refused: nothing is there
        if loaded.workloads:
            done = await self._podlab("down", "--ignore-not-found", "--grace", "0s", self._file(name, text))
            if done.code:
                raise Refused(f"not removed: {done.text}")
        engine = self._lab.engine
        for pod in loaded.pods:
            await engine.delete(pod.name, grace_s=0)
        for each in loaded.objects:
            await engine.remove(*key_of(each))
        self._removed.append(name)

    async def left(self) -> list[str]:
        """Pods of what was removed that are there all the same."""
        names = [each.name for each in await self._lab.pods()]
        return [name for name in names if any(name.startswith(each) for each in self._removed)]

    async def delete(self, pod: str) -> None:
        await self._lab.running(pod).delete()

    async def seen(self, pod: str) -> Seen | None:
        self._check()
        try:
            status = await self._lab.running(pod).status()
        except NotFound:
            for name in self._under_way:
                if pod.startswith(name):
                    self._tell(name)
            return None
        return Seen(
            phase=str(status.phase),
            reason=status.reason,
            message=status.message,
            conditions={each.type: each.status == "True" for each in status.conditions},
            containers={each.name: _container(each) for each in status.containers},
        )

    async def selected(self, labels: str) -> list[str]:
        self._check()
        fits = selector(labels)
        return [str(each.phase) for each in await self._lab.pods() if fits(each.labels)]

    async def run(self, pod: str, container: str, line: str) -> Output:
        try:
            done = await self._lab.running(pod).exec(container, ["sh", "-c", line])
        except PodlabError as error:
            raise Refused(error.message) from error
        return Output(done.exit_code, (done.stdout + done.stderr).decode(errors="replace"))

    async def logs(self, pod: str, container: str) -> str:
        lines = [line async for name, line in self._lab.running(pod).logs() if name == container]
        return "".join(f"{line.text.decode(errors='replace')}\n" for line in lines)

    def _file(self, name: str, text: str) -> str:
        path = self._folder / f"{name}.yaml"
        path.write_text(text)
        return str(path)

    async def _podlab(self, *words: str) -> Output:
        async with self._places:
            process = await self._begin(*words)
            out, _ = await process.communicate()
        return Output(process.returncode or 0, out.decode(errors="replace"))

    async def _begin(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *_COMMAND, *words, env=self._where, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip


_COMMAND = (sys.executable, "-m", "podlab.cli")


@asynccontextmanager
async def on_engine(address: str, folder: Path) -> AsyncIterator[Podlab]:
    """podlab on the engine at `address`, with an agent; `folder/agent.log` tells what that did."""
    where = {**os.environ, "DOCKER_HOST": address, "XDG_DATA_HOME": str(folder)}
    log = folder / "agent.log"
    agent = await _agent(log, where)
    try:
        async with asyncio.timeout(AGENT_S):
            while b"watching" not in log.read_bytes():
                _alive(agent, log)
                await asyncio.sleep(0.1)
        async with podlab.connect(host=address) as lab:
            target = Podlab(lab, folder, where, lambda: _alive(agent, log))
            yield target
            if left := await target.left():
                raise Refused(f"removed, and there again: {', '.join(left)}")
    finally:
        if agent.returncode is None:
            agent.terminate()
        await agent.wait()


@asynccontextmanager
async def on_kubernetes(kubeconfig: str, namespace: str, folder: Path) -> AsyncIterator[Podlab]:
    """podlab on a cluster that has such a namespace, which has an agent of its own: the kubelet. It goes on with what
    `up` left where it failed. While it lasts this process's `KUBECONFIG` is the cluster's."""
    engine = f"kubernetes/{namespace}"
    here = {"KUBECONFIG": kubeconfig}
    where = {**os.environ, **here, "PODLAB_ENGINE": engine, "XDG_DATA_HOME": str(folder)}
    version = await Kubectl(namespace, where).server_version()
    with patch.dict(os.environ, here):
        async with podlab.connect(engine) as lab:
            yield Podlab(lab, folder, where, lambda: None, version, [KEEP])


def _alive(agent: asyncio.subprocess.Process, log: Path) -> None:
    if agent.returncode is not None:
        raise Refused(f"the agent has ended: {log.read_text()[-2000:]}")


async def _agent(log: Path, where: Mapping[str, str]) -> asyncio.subprocess.Process:
    with log.open("wb") as file:
        return await asyncio.create_subprocess_exec(
            *_COMMAND, "agent", env=where,
            stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip


def _container(status: ContainerStatus) -> dict[str, Any]:
    return {
        "state": str(status.state),
        "ready": status.is_ready is True,
        "restarts": status.restart_count,
        **_end(status),
        "last": _end(status.last) if status.last else {},
    }


def _end(ended: ContainerStatus | Termination) -> dict[str, Any]:
    return {"reason": ended.reason, "message": ended.message, "exit": ended.exit_code}
