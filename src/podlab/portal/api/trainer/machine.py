"""Pool and machine: how many seats there are, and how many more would fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

from aiohttp import web

from podlab.doctor import limit
from podlab.errors import Unavailable
from podlab.portal.api.audience import TRAINER
from podlab.portal.api.describe import operation
from podlab.portal.api.shapes import Range
from podlab.portal.api.trainer.board import when
from podlab.portal.api.trainer.meter import METER
from podlab.portal.classroom import CLASSROOM
from podlab.workshop.checking import default_container
from podlab.workshop.lab.level import settle
from podlab.workshop.running import run
from podlab.workshop.seat import State

if TYPE_CHECKING:
    from podlab.portal.classroom import Classroom
    from podlab.workshop.seat import Seat

LOOK_S: Final = 5.0
LOOK: Final = """
while read -r key value unit; do case $key in MemTotal:|MemAvailable:) echo "$key $value" ;; esac; done </proc/meminfo
read -r load rest </proc/loadavg; echo "load: $load"
echo "cpus: $(grep -c ^processor /proc/cpuinfo)"
df -kP / | while read -r device all used free rest; do echo "disk: $all"; echo "free: $free"; done
"""
"""A container's /proc shows its machine's memory and load, and its root is on the disk where the engine keeps all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolNow:
    """`states`: state → how many seats."""

    count: int
    warm: int
    living: int
    taken: int
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineNow:
    """What a container sees of the engine's machine. `load` is of the last minute."""

    cpus: int
    load: float
    memory_bytes: int
    memory_free_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    more_seats: Annotated[int, "that fit still; an estimate, by what seats take now"]
    limited_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`machine` is null where there is no seat to look from. `unsafe` says what the nested daemons' level risks; it is
    empty for a safe one."""

    at: datetime
    engine: str
    engine_version: str
    pool: PoolNow
    machine: MachineNow | None
    seats_memory_bytes: int
    seats_cpus: float
    level: str
    unsafe: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    count: Annotated[int | None, Range(1, 1000), "how many seats there may be"] = None
    warm: Annotated[int | None, Range(0, 1000), "how many free seats are kept ready"] = None


@operation("GET", "/trainer/api/machine", who=TRAINER, errors=(Unavailable,))
async def machine(request: web.Request) -> Machine:
    """Pool and machine as they are now."""
    classroom, readings = request.app[CLASSROOM], request.app[METER].readings
    memory = sum(each.memory_bytes for each in readings.values())
    _, level = await settle(classroom.engine, classroom.workshop)
    return Machine(
        at=when(classroom.pool.clock.now()), engine=classroom.engine.name,
        engine_version=await classroom.engine.version(), pool=_pool(classroom),
        machine=await _look(classroom, memory // len(readings) if readings else 0),
        seats_memory_bytes=memory, seats_cpus=round(sum(each.cpus or 0 for each in readings.values()), 2),
        level=level.name, unsafe=level.warning,
    )  # fmt: skip


@operation("PUT", "/trainer/api/pool", who=TRAINER)
async def resize(request: web.Request, body: Resize) -> PoolNow:
    """Change how many seats there may be, and how many are kept free. Seats that are there stay."""
    classroom = request.app[CLASSROOM]
    classroom.pool.resize(count=body.count, warm=body.warm)
    return _pool(classroom)


def _pool(classroom: Classroom) -> PoolNow:
    seats = classroom.pool.seats
    living = [seat for seat in seats if seat.state is not State.ENDED]
    return PoolNow(
        count=classroom.pool.count, warm=classroom.pool.warm, living=len(living),
        taken=sum(seat.person is not None for seat in living),
        states=dict(Counter(seat.state.value for seat in seats)),
    )  # fmt: skip


async def _look(classroom: Classroom, seat_memory_bytes: int) -> MachineNow | None:
    """From a seat that nobody has, if there is one: whoever has a seat can change what it shows."""
    ready = sorted((s for s in classroom.pool.seats if s.is_ready), key=_is_taken)
    if not ready:
        return None
    container = default_container(classroom.workshop)
    ran = await run(classroom.engine, ready[0].pod, container, ["sh", "-c", LOOK], timeout_s=LOOK_S)
    return seen(ran.output, seat_memory_bytes)


def _is_taken(seat: Seat) -> bool:
    return seat.person is not None


def seen(text: str, seat_memory_bytes: int) -> MachineNow | None:
    """What `LOOK` printed; None where something is missing. A seat takes what they take on average, and never less
    than half of what `doctor` assumes."""
    pairs = (line.partition(": ") for line in text.splitlines())
    found = {key: value for key, _, value in pairs if value.replace(".", "", 1).isdigit()}
    try:
        free, disk = int(found["MemAvailable"]) * 1024, int(found["free"]) * 1024
        fits = {
            "memory": limit.room(
                free - limit.RESERVED_MEMORY_BYTES, max(seat_memory_bytes, limit.SEAT_MEMORY_BYTES // 2)
            ),
            "disk": limit.room(disk - limit.RESERVED_DISK_BYTES, limit.SEAT_DISK_BYTES),
        }
        tightest = min(fits, key=lambda each: fits[each])
        return MachineNow(
            cpus=int(found["cpus"]), load=float(found["load"]), memory_bytes=int(found["MemTotal"]) * 1024,
            memory_free_bytes=free, disk_bytes=int(found["disk"]) * 1024, disk_free_bytes=disk,
            more_seats=max(0, fits[tightest]), limited_by=tightest,
        )  # fmt: skip
    except (KeyError, ValueError):
        return None


HANDLERS: Final = (machine, resize)
