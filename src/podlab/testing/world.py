"""The state of the fake engine: pods, their containers, and the programs that run in them."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from podlab.engines.base import LogLine
from podlab.errors import Invalid
from podlab.model import Container, Pod
from podlab.status import State
from podlab.testing.process import SIGNALS, FakeProcess, Pipe, Signal
from podlab.testing.shell import Program, Serve, Standard, execute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RESTART_DELAY_S = 0.1  # Docker's first; https://docs.docker.com/reference/cli/docker/container/run/#restart

_ids = itertools.count(1)


class Clock:
    """Time of the event loop, so that a virtual one moves containers too, counted from `start`."""

    def __init__(self, start: datetime | None) -> None:
        self._start = start or datetime.now(UTC)
        self._first: float | None = None

    def now(self) -> datetime:
        time = asyncio.get_running_loop().time()
        if self._first is None:
            self._first = time
        return self._start + timedelta(seconds=time - self._first)


@dataclass(slots=True)
class FakeFile:
    data: bytes
    mode: int
    modified_at: datetime


def _new_files() -> dict[str, FakeFile | None]:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "/": None, "/bin": None, "/etc": None, "/tmp": None, "/var": None,  # noqa: S108
        "/etc/passwd": FakeFile(b"root:x:0:0:root:/:/bin/sh\n", 0o644, made),
    }  # fmt: skip


@dataclass(slots=True)
class FakeContainer:
    """`files` maps paths to contents, folders to None. `is_wanted`: nobody has asked it to stop."""

    spec: Container
    id: str = field(default_factory=lambda: f"{next(_ids):064x}")
    state: State = State.WAITING
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    restart_count: int = 0
    is_wanted: bool = True
    logs: list[LogLine] = field(default_factory=list)
    partial: dict[Literal[1, 2], bytes] = field(default_factory=dict)
    files: dict[str, FakeFile | None] = field(default_factory=_new_files)
    stdin: Pipe = field(default_factory=Pipe)
    attached: list[FakeProcess] = field(default_factory=list)
    standard: Standard | None = None
    task: asyncio.Task[None] | None = None
    signal: int = 0

    @property
    def is_running(self) -> bool:
        return self.state in (State.RUNNING, State.PAUSED)


@dataclass(slots=True)
class FakePod:
    spec: Pod
    created_at: datetime
    containers: dict[str, FakeContainer] = field(default_factory=dict)
    listeners: dict[int, Serve] = field(default_factory=dict)
    ports: dict[int, int] = field(default_factory=dict)

    @property
    def ends_at(self) -> datetime | None:
        seconds = self.spec.spec.active_deadline_seconds
        return None if seconds is None else self.created_at + timedelta(seconds=seconds)


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

        return Standard(
            read=read or nothing,  # type: ignore[arg-type]
            write=write, listen=listen, exists=container.files.__contains__, programs=self._programs,
            env={"PATH": "/bin"} | {each.name: each.value for each in container.spec.env},
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
        policy = pod.spec.spec.restart_policy or "Always"
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
