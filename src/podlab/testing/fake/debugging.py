"""A container for a moment beside those of a fake pod, and one made anew."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from podlab.engines.base import ExecOptions, Process
from podlab.errors import Conflict, NotFound
from podlab.model import Container
from podlab.testing.fake.process import FakeProcess, Pipe
from podlab.testing.fake.shell import can_start, execute
from podlab.testing.fake.wanted import Wanted
from podlab.testing.fake.world import FakeContainer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

_NO_OPTIONS = ExecOptions()


class Debugging(Wanted):
    async def renew(self, name: str, container: str, *, grace_s: int | None = None) -> None:
        await self._answer()
        pod, old = self._pod(name), self._container(name, container)
        hold = [each.spec.name for each in pod.containers.values() if not each.is_running and each is not old]
        await self.stop(name, container, grace_s=grace_s)
        self._happened(name, container, "destroy")
        pod.containers[container] = FakeContainer(spec=old.spec)
        self._happened(name, container, "create")
        await self.apply(pod.spec, hold=hold)

    @asynccontextmanager
    async def debug(
        self, name: str, image: str, command: Sequence[str] = (), *, target: str = "",
        options: ExecOptions = _NO_OPTIONS,
    ) -> AsyncIterator[Process]:  # fmt: skip
        await self._answer()
        pod = self._pod(name)
        if not any(each.is_running for each in pod.containers.values()):
            raise Conflict(f"pod {name!r} is stopped", subject=name)
        if target and not self._container(name, target).is_running:
            raise Conflict(f"container {target!r} of pod {name!r} does not run", subject=target)
        if image not in self.images:
            raise NotFound(f"no image {image!r}", subject=image, hint="podlab images prepare")
        words = tuple(command) or ("sh",)
        if not can_start(self._programs, words):
            raise NotFound(f"cannot start {words[0]!r} in image {image!r}", subject=image)
        stdin = Pipe()
        if not options.stdin:
            stdin.end()
        beside = FakeContainer(spec=Container(name="debug", image=image, command=words))
        standard = self._runner.standard(pod, beside, read=stdin.read)
        standard.env |= options.env

        def resize(columns: int, rows: int) -> None:
            standard.size = (columns, rows)

        process = FakeProcess(stdin=stdin, resize=resize, detach_keys=options.detach_keys)

        async def write(stream: Literal[1, 2], data: bytes) -> None:
            await process.out(1 if options.tty else stream, data)

        standard.write = write
        process.start(execute(standard, words))
        async with process:
            yield process
