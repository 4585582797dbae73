"""Commands, output, connections and files in the containers of a fake engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from podlab.engines.base import ByteStream, ExecOptions, FileStat, LogLine, Process
from podlab.errors import Conflict, NotFound, Unavailable
from podlab.testing.fake import archive
from podlab.testing.fake.pods import Pods
from podlab.testing.fake.process import FakeConnection, FakeProcess, Pipe
from podlab.testing.fake.shell import can_start, execute

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Sequence
    from datetime import datetime

    from podlab.testing.fake.world import FakeContainer, FakePod

_NO_OPTIONS = ExecOptions()


class Streams(Pods):
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
        since: datetime | None = None, previous: bool = False,
    ) -> AsyncIterator[LogLine]:  # fmt: skip
        await self._answer()
        found = self._container(name, container)
        if previous:
            lines = _previous(self._pod(name), found)
            for line in lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]:
                yield line
            return
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


def _previous(pod: FakePod, container: FakeContainer) -> list[LogLine]:
    if former := pod.former.get(container.spec.name):
        return former.logs
    if len(container.lines_at_starts) < 2:
        name = container.spec.name
        raise NotFound(f"container {name!r} was never started again", subject=name)
    begin, end = container.lines_at_starts[-2:]
    return container.logs[begin:end]
