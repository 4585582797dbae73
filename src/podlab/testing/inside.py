"""Inside the pods of the fake engine: commands, output, connections, files, and what can be seen of them."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Literal

from podlab.engines.base import (
    NAMESPACES,
    ByteStream,
    ExecOptions,
    FileStat,
    LogLine,
    NamespaceRow,
    PodEvent,
    Process,
    Sharing,
    Usage,
)  # fmt: skip
from podlab.errors import Conflict, NotFound, PodlabError, Unavailable
from podlab.testing import archive
from podlab.testing.process import FakeConnection, FakeProcess, Pipe
from podlab.testing.shell import PROGRAMS, Program, can_start, execute
from podlab.testing.world import Clock, FakeContainer, FakePod, Runner

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
    from datetime import datetime

_NO_OPTIONS = ExecOptions()


class Inside:
    """The pods that there are, and the part of an engine that changes none of them."""

    def __init__(self, *, programs: Mapping[str, Program], start: datetime | None) -> None:
        self.failure: PodlabError | None = None
        """Set it to make every call fail: an engine that does not answer."""
        self._programs = {**PROGRAMS, **programs}
        self._clock = Clock(start)
        self._pods: dict[str, FakePod] = {}
        self._events: list[PodEvent] = []
        self._runner = Runner(self._clock, self._programs, self._happened)

    # --- streams

    async def exec(
        self, name: str, container: str, command: Sequence[str], options: ExecOptions = _NO_OPTIONS
    ) -> Process:
        await self._answer()
        pod, found = self._pod(name), self._container(name, container)
        if not found.is_running:
            raise Conflict(f"container {container!r} of pod {name!r} is not running", subject=container)
        stdin = Pipe()
        if not options.stdin:
            stdin.end()
        standard = self._runner.standard(pod, found, read=stdin.read)
        standard.env |= options.env
        standard.workdir, standard.user = options.workdir or standard.workdir, options.user or standard.user
        standard.size = options.size or standard.size

        def resize(columns: int, rows: int) -> None:
            standard.size = (columns, rows)

        process = FakeProcess(stdin=stdin, resize=resize, detach_keys=options.detach_keys)

        async def write(stream: Literal[1, 2], data: bytes) -> None:
            await process.out(1 if options.tty else stream, data)

        standard.write = write
        if options.detach:
            if not can_start(self._programs, command):
                raise NotFound(f"cannot start {command[0]!r} in container {container!r}", subject=container)
            await process.__aexit__()
        process.start(execute(standard, command))
        return process

    async def attach(
        self, name: str, container: str, *, stdin: bool = False, detach_keys: str = ""
    ) -> Process:
        await self._answer()
        found = self._container(name, container)

        def resize(columns: int, rows: int) -> None:
            if found.standard is not None:
                found.standard.size = (columns, rows)

        process = FakeProcess(
            stdin=found.stdin if stdin else None,
            resize=resize,
            kill=lambda signal: self._runner.signal(found, signal),
            detach_keys=detach_keys,
        )
        found.attached.append(process)
        return process

    async def logs(
        self, name: str, container: str, *, follow: bool = False, tail: int | None = None,
        since: datetime | None = None,
    ) -> AsyncIterator[LogLine]:  # fmt: skip
        await self._answer()
        found = self._container(name, container)
        position = len(found.logs)
        first = [line for line in found.logs if since is None or (line.at is not None and line.at >= since)]
        for line in first if tail is None else first[len(first) - min(tail, len(first)) :]:
            yield line
        while follow and (found.is_running or position < len(found.logs)):
            for line in found.logs[position:]:
                position += 1
                yield line
            seen = position
            await self._runner.changed.until(
                lambda: seen < len(found.logs) or not found.is_running  # noqa: B023  (awaited at once)
            )

    async def dial(self, name: str, port: int, *, patience_s: float = 0) -> ByteStream:
        await self._answer()
        ends = asyncio.get_running_loop().time() + patience_s
        while (serve := self._pod(name).listeners.get(port)) is None:
            if asyncio.get_running_loop().time() >= ends:
                break
            await asyncio.sleep(0.01)
        if serve is None:
            raise Unavailable(f"nobody listens on port {port} in pod {name!r}", subject=name)
        return FakeConnection(serve)

    async def read_archive(self, name: str, container: str, path: str) -> AsyncIterator[bytes]:
        await self._answer()
        yield archive.pack(self._container(name, container).files, path)

    async def write_archive(self, name: str, container: str, path: str, tar: AsyncIterable[bytes]) -> None:
        await self._answer()
        files = self._container(name, container).files
        archive.unpack(files, path, b"".join([chunk async for chunk in tar]))

    async def stat(self, name: str, container: str, path: str) -> FileStat:
        await self._answer()
        return archive.stat(self._container(name, container).files, path)

    # --- looking inside

    async def namespaces(self, name: str) -> Sequence[NamespaceRow]:
        await self._answer()
        pod = self._pod(name)
        shared = {"net", "ipc", "uts"} | ({"pid"} if pod.spec.spec.share_process_namespace else set())
        sharing = {each: Sharing.POD if each in shared else Sharing.OWN for each in NAMESPACES}
        sharing["user"] = Sharing.HOST
        return [NamespaceRow(container=each, sharing=sharing) for each in pod.containers]

    async def processes(self, name: str, container: str) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        await self._answer()
        found = self._container(name, container)
        if not found.is_running:
            raise Conflict(f"container {container!r} of pod {name!r} is not running", subject=container)
        return ("PID", "USER", "COMMAND"), [("1", "root", " ".join(found.spec.command or ("sh",)))]

    async def usage(self, name: str, container: str, *, follow: bool = True) -> AsyncIterator[Usage]:
        await self._answer()
        found = self._container(name, container)
        reading = 0
        while found.is_running:
            reading += 1
            yield Usage(
                container=container, at=self._clock.now(), cpu_ns=reading * 10_000_000, memory_bytes=1 << 20,
                memory_limit_bytes=1 << 30, pids=1,
                read_bytes=0, written_bytes=0, received_bytes=0, sent_bytes=0,
            )  # fmt: skip
            if not follow:
                return
            await asyncio.sleep(1)

    # --- the world

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise copy.copy(self.failure)

    def _happened(self, pod: str, container: str, action: str) -> None:
        self._events.append(PodEvent(at=self._clock.now(), pod=pod, container=container, action=action))
        self._runner.changed.notify()

    def _pod(self, name: str) -> FakePod:
        if name not in self._pods:
            raise NotFound(f"no pod {name!r}", subject=name, hint="podlab ps -a lists pods")
        return self._pods[name]

    def _container(self, name: str, container: str) -> FakeContainer:
        pod = self._pod(name)
        if container not in pod.containers:
            raise NotFound(
                f"no container {container!r} in pod {name!r}", subject=container,
                hint=f"it has {', '.join(pod.containers) or 'none'}",
            )  # fmt: skip
        return pod.containers[container]
