"""What all parts of the contract use."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from podlab.engines.base import Engine, ExecOptions, LogLine, Process
from podlab.errors import NotFound, Unavailable
from podlab.model import Container, Metadata, Pod, PodSpec
from podlab.status import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

SLEEP = ("sleep", "1000000")
SOON_S = 60
"""How long an engine may take for what is due at once, on a machine that is busy with other things."""


def member(name: str, image: str, command: Sequence[str] = SLEEP, **settings: Any) -> Container:
    return Container(name=name, image=image, command=tuple(command), **settings)


def cannot_start(name: str, image: str) -> Container:
    """A container that can be made but never starts: its working directory is a file."""
    return member(name, image, working_dir="/etc/passwd")


def pod_of(name: str, *containers: Container, **settings: Any) -> Pod:
    settings.setdefault("termination_grace_period_seconds", 1)
    labels = settings.pop("labels", {})
    return Pod(metadata=Metadata(name=name, labels=labels), spec=PodSpec(containers=containers, **settings))


async def until(is_so: Callable[[], Any], timeout_s: float = SOON_S) -> Any:
    """What `is_so` returned, as soon as it is true."""
    async with asyncio.timeout(timeout_s):
        while not (found := await is_so()):
            await asyncio.sleep(0.05)
        return found


async def output(process: Process) -> tuple[bytes, bytes, int]:
    """Everything that a command wrote, and its exit code."""
    parts: dict[int, bytes] = {1: b"", 2: b""}
    async with process, asyncio.timeout(SOON_S):
        while (chunk := await process.read()) is not None:
            parts[chunk[0]] += chunk[1]
        return parts[1], parts[2], await process.wait()


async def collect(lines: AsyncIterator[LogLine]) -> list[bytes]:
    async with asyncio.timeout(SOON_S):
        return [line.text async for line in lines]


async def everything(found: AsyncIterator[Any]) -> list[Any]:
    async with asyncio.timeout(SOON_S):
        return [each async for each in found]


def id_of(status: Any, container: str) -> str:
    return str(status.container(container).container_id)


def state_of(status: Any, container: str) -> State:
    return State(status.container(container).state)


def started_of(status: Any, container: str) -> datetime:
    found = status.container(container).started_at
    assert isinstance(found, datetime)
    return found


async def is_answered(engine: Engine, pod: str, port: int) -> bool:
    try:
        connection = await engine.dial(pod, port)
    except Unavailable:
        return False
    async with connection:
        return True


class Case:
    """Every test makes pods of its own and removes them."""

    lifetime_s = 2
    """Of a pod that ends by itself: it has to be made within that time, on a busy machine, too."""

    @pytest.fixture
    def name(self) -> str:
        return f"t-{uuid.uuid4().hex[:10]}"

    @pytest.fixture
    def alone(self, engine: Engine) -> Engine:
        """An engine whose pods nobody else makes or removes meanwhile. Where other tests use `engine` at the
        same time, this has to be another one."""
        return engine

    @asynccontextmanager
    async def running(self, engine: Engine, pod: Pod) -> AsyncIterator[None]:
        try:
            await engine.apply(pod)
            yield
        finally:
            await engine.delete(pod.name, grace_s=0)

    async def run(self, engine: Engine, name: str, *command: str, **options: Any) -> tuple[bytes, bytes, int]:
        return await output(await engine.exec(name, "app", command, ExecOptions(**options)))

    async def is_gone(self, engine: Engine, name: str) -> None:
        """Nothing of the pod is left, not even half of it."""
        assert name not in [each.name for each in await engine.list()]
        with pytest.raises(NotFound):
            await engine.get(name)
