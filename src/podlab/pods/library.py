"""The library's face: an engine and its pods as `async with` blocks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from podlab.engines.base import ByteStream, Engine, ExecOptions, LogLine, Process
from podlab.errors import Invalid, PodlabError
from podlab.model import PersistentVolumeClaim, Pod
from podlab.objects import Object, key_of
from podlab.pods.logs import interleaved
from podlab.pods.ready import wait_ready
from podlab.pods.up import up
from podlab.status import PodStatus


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that has ended, and all that it wrote."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class RunningPod:
    """A pod on an engine, by name."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    async def status(self) -> PodStatus:
        return await self.engine.get(self.name)

    async def wait_ready(self, *, timeout_s: float | None = None) -> PodStatus:
        """`TimedOut` says which container is not ready, and why."""
        return await wait_ready(self.engine, self.name, timeout_s=timeout_s)

    async def exec(
        self, container: str, command: Sequence[str], *, stdin: bytes = b"", check: bool = False
    ) -> Completed:
        """Run a command to its end. With `check`, an exit code other than 0 is a `PodlabError` with its output."""
        output: dict[Literal[1, 2], list[bytes]] = {1: [], 2: []}
        async with await self.engine.exec(
            self.name, container, command, ExecOptions(stdin=bool(stdin))
        ) as process:
            if stdin:
                await process.write(stdin)
                await process.write_eof()
            while (chunk := await process.read()) is not None:
                output[chunk[0]].append(chunk[1])
            code = await process.wait()
        done = Completed(code, b"".join(output[1]), b"".join(output[2]))
        if check and code != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise PodlabError(
                f"{command[0]!r} in container '{container}' of pod '{self.name}' failed with exit code {code}: {said}",
                subject=self.name,
            )
        return done

    async def process(
        self, container: str, command: Sequence[str], options: ExecOptions = ExecOptions()
    ) -> Process:
        """Start a command to talk with; use it in an `async with`."""
        return await self.engine.exec(self.name, container, command, options)

    async def logs(
        self, *, follow: bool = False, tail: int | None = None
    ) -> AsyncIterator[tuple[str, LogLine]]:
        """Container and line, of all containers in order of time."""
        names = [c.name for c in (await self.status()).containers]
        async for line in interleaved(self.engine, self.name, names, follow=follow, tail=tail):
            yield line

    async def dial(self, port: int) -> ByteStream:
        """A TCP connection to a port in the pod, published or not; use it in an `async with`."""
        return await self.engine.dial(self.name, port)

    async def delete(self) -> None:
        await self.engine.delete(self.name)


class Lab:
    """An engine to make pods on."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @asynccontextmanager
    async def pod(
        self, source: Pod | str | Path, *, name: str = "", timeout_s: float | None = 120, keep: bool = False
    ) -> AsyncIterator[RunningPod]:
        """A pod, ready; removed when the block is left, unless `keep`. `source` is a file with one pod, or a `Pod`.
        ConfigMaps, Secrets and claims of the file come before it; the first two go with it.

        Missing images are got first. `name` makes it another pod than the file says.
        """
        pod, objects = _one(source)
        if name:
            from dataclasses import replace

            pod = replace(pod, metadata=replace(pod.metadata, name=name))
        for each in objects:
            await self.engine.put(each)
        await self._prepare(pod)
        await up(self.engine, [pod], wait=False)
        try:
            await wait_ready(self.engine, pod.name, timeout_s=timeout_s, drives=True)
            yield RunningPod(self.engine, pod.name)
        finally:
            if not keep:
                await self.engine.delete(pod.name)
                for each in objects:
                    if not isinstance(each, PersistentVolumeClaim):
                        await self.engine.remove(*key_of(each))

    async def pods(self) -> list[PodStatus]:
        """All pods on the engine, whoever made them."""
        return await self.engine.list()

    def running(self, name: str) -> RunningPod:
        """A pod that is there already; whether it is, its methods tell."""
        return RunningPod(self.engine, name)

    async def _prepare(self, pod: Pod) -> None:
        from podlab.images.needs import needed
        from podlab.images.prepare import prepare
        from podlab.images.store import HoldsImages
        from podlab.pods import pull_secrets

        if isinstance(self.engine, HoldsImages):
            logins = await pull_secrets.of_pods(self.engine, [pod])
            await prepare(self.engine.image_store, needed([pod]), logins=logins)


@asynccontextmanager
async def connect(engine: str = "", *, host: str = "") -> AsyncIterator[Lab]:
    """The engine that PODLAB_ENGINE or `engine` names, at `host` or where its own command line would look.

    `Unavailable` where none answers.
    """
    from podlab.engines.connect import connect

    connected = await connect(engine, host)
    try:
        yield Lab(connected)
    finally:
        await connected.close()


@asynccontextmanager
async def pod(
    source: Pod | str | Path, *, name: str = "", timeout_s: float | None = 120
) -> AsyncIterator[RunningPod]:
    """`connect` and `Lab.pod` in one."""
    async with connect() as lab, lab.pod(source, name=name, timeout_s=timeout_s) as running:
        yield running


def _one(source: Pod | str | Path) -> tuple[Pod, Sequence[Object]]:
    if isinstance(source, Pod):
        from podlab.manifest import check_pod

        check_pod(source)
        return source, ()
    from podlab.manifest import load

    loaded = load([source])
    pods = loaded.pods
    if len(pods) != 1 or loaded.workloads:
        others = f" and {len(loaded.workloads)} workloads" * bool(loaded.workloads)
        raise Invalid(f"{source} has {len(pods)} pods{others}, and one pod is wanted", subject=str(source))
    return pods[0], loaded.objects
