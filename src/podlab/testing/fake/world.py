"""The state of the fake engine: pods, their containers, and the files in these."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from podlab.engines.base import LogLine
from podlab.model import Container, Pod
from podlab.record import Record
from podlab.status import State
from podlab.testing.fake.process import FakeProcess, Pipe
from podlab.testing.fake.shell import Serve, Standard

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


def host_name(pod: Pod, now: datetime) -> Mapping[str, FakeFile]:
    """Where a container reads it."""
    name = FakeFile(f"{pod.spec.hostname or pod.name}\n".encode(), 0o644, now)
    return dict.fromkeys(("/etc/hostname", "/proc/sys/kernel/hostname"), name)


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
    lines_at_starts: list[int] = field(default_factory=list)
    """How many lines there were at each start."""
    partial: dict[Literal[1, 2], bytes] = field(default_factory=dict)
    files: dict[str, FakeFile | None] = field(default_factory=_new_files)
    env: dict[str, str] = field(default_factory=dict)
    stdin: Pipe = field(default_factory=Pipe)
    attached: list[FakeProcess] = field(default_factory=list)
    standard: Standard | None = None
    task: asyncio.Task[None] | None = None
    signal: int = 0
    by_agent: bool = False

    @property
    def run(self) -> str:
        return f"{self.id} {self.started_at.timestamp():.6f}" if self.started_at else ""

    @property
    def is_running(self) -> bool:
        return self.state in (State.RUNNING, State.PAUSED)


@dataclass(slots=True)
class FakePod:
    spec: Pod
    created_at: datetime
    containers: dict[str, FakeContainer] = field(default_factory=dict)
    former: dict[str, FakeContainer] = field(default_factory=dict)
    """Those that were before, where restarts are clean."""
    listeners: dict[int, Serve] = field(default_factory=dict)
    ports: dict[int, int] = field(default_factory=dict)
    own_ports: frozenset[str] = frozenset()
    """Those that it was made with."""
    record: Record | None = None
    began_at: datetime | None = None
    """When its namespaces did; they do so anew when a pod that was stopped as a whole is started."""
    is_down: bool = False

    @property
    def sandbox(self) -> str:
        return "" if self.is_down else f"fake {(self.began_at or self.created_at).timestamp():.6f}"

    @property
    def ends_at(self) -> datetime | None:
        seconds = self.spec.spec.active_deadline_seconds
        return None if seconds is None else self.created_at + timedelta(seconds=seconds)
