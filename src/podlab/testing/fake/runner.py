"""Starts and ends the programs of the fake engine's containers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from podlab.engines.base import LogLine
from podlab.errors import Invalid
from podlab.node import order
from podlab.status import State
from podlab.testing.fake.process import SIGNALS, Pipe, Signal
from podlab.testing.fake.shell import Program, Serve, Standard, execute
from podlab.testing.fake.world import FakeFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from podlab.testing.fake.world import Clock, FakeContainer, FakePod

_RESTART_DELAY_S = 0.1  # Docker's first; https://docs.docker.com/reference/cli/docker/container/run/#restart


class Runner:
    """Starts and ends the programs of containers, and tells `on_event(pod, container, action)`."""

    def __init__(
        self, clock: Clock, programs: Mapping[str, Program], on_event: Callable[[str, str, str], None]
    ) -> None:
        self._clock = clock
        self._programs = programs
        self._on_event = on_event
        self.changed = Signal()

    def start(self, pod: FakePod, container: FakeContainer) -> None:
        container.state = State.RUNNING
        container.started_at, container.finished_at, container.exit_code = self._clock.now(), None, None
        container.is_wanted, container.signal = True, 0
        container.lines_at_starts.append(len(container.logs))
        if container.stdin.is_ended:
            container.stdin = Pipe()
        if not container.spec.stdin:
            container.stdin.end()
        container.standard = self.standard(pod, container, read=container.stdin.read)
        container.task = asyncio.create_task(self._run(pod, container))
        self._on_event(pod.spec.name, container.spec.name, "start")
        self.changed.notify()

    def standard(
        self, pod: FakePod, container: FakeContainer, *, read: Callable[[], object] | None = None
    ) -> Standard:
        """A program's world in this container; without `read`, its input is at the end."""

        async def write(stream: Literal[1, 2], data: bytes) -> None:
            await self._record(container, stream, data)

        async def nothing() -> bytes:
            return b""

        def listen(port: int, serve: Serve | None) -> None:
            if serve is None:
                pod.listeners.pop(port, None)
            else:
                pod.listeners[port] = serve

        def contents(path: str) -> bytes | None:
            found = container.files.get(path)
            return found.data if found else None

        def put(path: str, data: bytes) -> None:
            container.files[path] = FakeFile(data, 0o644, self._clock.now())

        return Standard(
            read=read or nothing,  # type: ignore[arg-type]
            write=write, listen=listen, exists=container.files.__contains__, contents=contents, put=put,
            programs=self._programs,
            env={"PATH": "/bin"} | container.env,
            workdir=container.spec.working_dir or "/",
        )  # fmt: skip

    async def _run(self, pod: FakePod, container: FakeContainer) -> None:
        command = [*(container.spec.command or ("sh",)), *container.spec.args]
        assert container.standard is not None  # noqa: S101
        try:
            code = await execute(container.standard, command)
        except asyncio.CancelledError:
            if not container.signal:
                raise  # the event loop ends, not the container: the world stands still until the next one
            code = 128 + container.signal
        self._ended(pod, container, code)
        policy = (
            "Never"
            if container.by_agent or pod.spec.restarts_clean
            else order.policy(pod.spec, container.spec.name)
        )
        if container.is_wanted and (policy == "Always" or (policy == "OnFailure" and code)):
            await asyncio.sleep(_RESTART_DELAY_S * 2 ** min(container.restart_count, 9))
            if container.is_wanted and not container.is_running:
                container.restart_count += 1
                self.start(pod, container)

    def _ended(self, pod: FakePod, container: FakeContainer, code: int) -> None:
        for stream, rest in list(container.partial.items()):
            if rest:
                container.logs.append(LogLine(at=self._clock.now(), stream=stream, text=rest))
        container.partial.clear()
        container.state, container.exit_code = State.TERMINATED, code
        container.finished_at = self._clock.now()
        for process in container.attached:
            if not process.is_detached:
                process.finish(code)
        container.attached.clear()
        self._on_event(pod.spec.name, container.spec.name, "die")
        self.changed.notify()

    async def _record(self, container: FakeContainer, stream: Literal[1, 2], data: bytes) -> None:
        *lines, container.partial[stream] = (container.partial.get(stream, b"") + data).split(b"\n")
        container.logs.extend(LogLine(at=self._clock.now(), stream=stream, text=line) for line in lines)
        self.changed.notify()
        for process in list(container.attached):
            await process.out(stream, data)

    async def stop(self, pod: FakePod, container: FakeContainer, grace_s: int) -> None:
        """SIGTERM, after the grace SIGKILL; back when it has ended."""
        container.is_wanted = False
        if not container.is_running:
            return
        self.signal(container, "TERM")
        try:
            async with asyncio.timeout(grace_s):
                await self.changed.until(lambda: not container.is_running)
        except TimeoutError:
            self.signal(container, "KILL")
            await self.changed.until(lambda: not container.is_running)
        self._on_event(pod.spec.name, container.spec.name, "stop")

    def signal(self, container: FakeContainer, name: str) -> None:
        number = SIGNALS.get(name.removeprefix("SIG"), 0)
        if not number:
            raise Invalid(f"no signal {name!r}", subject=name)
        if number == SIGNALS["TERM"] and container.standard is not None and container.standard.ignores_term:
            return
        container.signal = number
        if container.task is not None and not _is_dead(container.task):
            container.task.cancel()
        else:  # its program stood still with an earlier event loop
            container.state, container.exit_code = State.TERMINATED, 128 + number
            container.finished_at = self._clock.now()
            self.changed.notify()


def _is_dead(task: asyncio.Task[None]) -> bool:
    return task.done() or task.get_loop().is_closed()
