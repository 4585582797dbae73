"""A workshop on an engine in memory, its store in a file of the test, and time that the test makes pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from podlab.manifest.workshop import Seats, Terminal, Workshop, WorkshopSpec
from podlab.model import Container, Metadata, PodSpec
from podlab.model.workloads import PodTemplate
from podlab.testing.fake import FakeEngine
from podlab.workshop.pool import Pool
from podlab.workshop.store import Store, opened
from tests.clock import ManualClock, settle

Opened = Callable[[], AbstractAsyncContextManager[Store]]


def workshop_of(
    name: str = "lab",
    *,
    image: str = "busybox",
    lifetime: str | None = "1h",
    count: int | None = None,
    warm: int | None = None,
) -> Workshop:
    container = Container(name="work", image=image, command=("sleep", "100000"))
    return Workshop(
        metadata=Metadata(name=name),
        spec=WorkshopSpec(
            pod=PodTemplate(spec=PodSpec(containers=(container,), termination_grace_period_seconds=1)),
            lifetime=lifetime, seats=Seats(count=count, warm=warm),
            terminals=(Terminal(name="shell", container="work"),),
        ),
    )  # fmt: skip


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.sqlite"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with opened(path) as store:
        yield store


async def quiet(pool: Pool) -> None:
    """Everything that can be done without time passing is done, the disk included."""
    for _ in range(8):
        await settle()
        await pool._store.call(lambda db: None)
    await asyncio.sleep(0)


async def passes(pool: Pool, seconds: float) -> None:
    """Time passes, and everybody has theirs to act on it."""
    clock = pool.clock
    assert isinstance(clock, ManualClock)
    end = clock.now() + seconds
    await quiet(pool)
    while clock.now() < end:
        await clock.pass_(min(5.0, end - clock.now()))
        await pool._store.call(lambda db: None)
    await quiet(pool)
