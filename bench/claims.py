"""What an attendee waits for after the code: a claim, with the code's hash and the disk; and what a pool weighs."""

from __future__ import annotations

import asyncio
import statistics
import time
import tracemalloc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench import ground, raw
from bench.ground import IMAGE, PREFIX, SLEEP
from bench.rounds import progress
from bench.table import markdown
from podlab.manifest.workshop import PodTemplate, Workshop, WorkshopSpec
from podlab.model import Container, Metadata, PodSpec
from podlab.testing.fake import FakeEngine
from podlab.workshop.admission import Admission
from podlab.workshop.pool import Pool
from podlab.workshop.seat import State
from podlab.workshop.store import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from podlab.engines.base import Engine

WARM, WEIGHED = 30, 100
Waits = dict[str, list[float]]


async def suite(api: raw.Api, folder: Path, *, rounds: int, quick: bool) -> str:
    warm = 5 if quick else WARM
    waits: Waits = {}
    async with ground.library() as docker:
        for number in range(rounds):
            for name, engine in {"in memory": FakeEngine(images=[IMAGE]), "Docker": docker}.items():
                progress(f"claims: round {number + 1}, engine {name}")
                await _claim(engine, name, folder / f"{name}-{number}.sqlite", warm, waits)
    rows = [
        [name, str(len(each)), *(_ms(each, part) for part in (50, 99, 100))] for name, each in waits.items()
    ]
    weight = await _weigh(folder / "weighed.sqlite")
    return (
        markdown([f"{warm} warm seats", "claims", "median", "p99", "longest"], rows)
        + f"\n\nA pool of {WEIGHED} claimed seats holds {weight / WEIGHED / 1024:.1f} KiB of Python's memory a seat."
    )


async def _claim(engine: Engine, name: str, path: Path, warm: int, waits: Waits) -> None:
    """Half of the people come one by one, the others all at once, while the pool refills behind."""
    async with _pool(engine, path, count=warm * 2, warm=warm) as (pool, admission):
        tickets = await admission.issue([""] * warm)

        async def enter(code: str, how: str) -> None:
            began = time.perf_counter()
            await admission.enter(code, address="192.0.2.1")
            waits.setdefault(f"engine {name}, {how}", []).append(time.perf_counter() - began)

        for ticket in tickets[: warm // 2]:
            await enter(ticket.code, "one by one")
        rest = tickets[warm // 2 :]
        await asyncio.gather(*(enter(ticket.code, f"{len(rest)} at once") for ticket in rest))
        pool.resize(count=0, warm=0)
        for seat in pool.seats:
            await pool.end(seat.id)
        while pool.is_busy:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _pool(
    engine: Engine, path: Path, *, count: int, warm: int
) -> AsyncIterator[tuple[Pool, Admission]]:
    work = Container(
        name="work", image=IMAGE, command=tuple(SLEEP) if engine.name == "docker" else ("sleep", "9999")
    )
    workshop = Workshop(
        metadata=Metadata(name=f"{PREFIX}-claims"),
        spec=WorkshopSpec(pod=PodTemplate(spec=PodSpec(containers=(work,))), lifetime="1h"),
    )
    async with opened(path) as store, Pool(engine, workshop, store, count=count, warm=warm) as pool:
        while sum(seat.state is State.WARM for seat in pool.seats) < warm:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        yield pool, Admission(pool, store)


async def _weigh(path: Path) -> int:
    """Bytes of what podlab.workshop allocates and keeps, the engine's own left out."""
    tracemalloc.start()
    try:
        async with _pool(FakeEngine(images=[IMAGE]), path, count=WEIGHED, warm=WEIGHED) as (_, admission):
            for ticket in await admission.issue([""] * WEIGHED):
                await admission.enter(ticket.code, address="192.0.2.1")
            kept = tracemalloc.take_snapshot().filter_traces(
                [tracemalloc.Filter(True, "*/podlab/workshop/*")]
            )
            return sum(statistic.size for statistic in kept.statistics("filename"))
    finally:
        tracemalloc.stop()


def _ms(waits: list[float], percent: int) -> str:
    value = max(waits) if percent == 100 else statistics.quantiles(waits, n=100)[percent - 1]
    return f"{value * 1000:.1f} ms"
