"""Interleaved rounds: everybody takes a turn in each round, so that noise meets all alike."""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

TICKS_PER_S = 100  # USER_HZ, what /proc/stat counts in


@dataclass(slots=True)
class Reading:
    """Of one act. `machine_cpu_s` is what the whole machine spent meanwhile, the engine's work included;
    `own_cpu_s` what this process and its ended children did."""

    wall_s: float = 0.0
    machine_cpu_s: float = 0.0
    own_cpu_s: float = 0.0
    memory_bytes: float = 0.0

    def __add__(self, other: Reading) -> Reading:
        return Reading(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))


Turn = Callable[[], Awaitable[dict[str, Reading]]]
"""Does a peer's part once: what it did → how long it took."""


@dataclass(slots=True)
class Results:
    """`readings[peer][act][round]`, without rounds that failed. `absent` says who took no part, and why."""

    readings: dict[str, dict[str, dict[int, Reading]]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def median(self, peer: str, act: str, unit: str = "wall_s") -> float | None:
        """None where no round succeeded."""
        rounds = self._rounds(peer, act).values()
        return statistics.median(getattr(r, unit) for r in rounds) if rounds else None

    def ratio(self, peer: str, base: str, act: str, unit: str = "wall_s") -> float | None:
        """The median of the ratios within each round: noise that met both in a round cancels out."""
        ours, theirs = self._rounds(peer, act), self._rounds(base, act)
        pairs = [(getattr(ours[r], unit), getattr(theirs[r], unit)) for r in ours.keys() & theirs.keys()]
        ratios = [a / b for a, b in pairs if b]
        return statistics.median(ratios) if ratios else None

    def _rounds(self, peer: str, act: str) -> dict[int, Reading]:
        return self.readings.get(peer, {}).get(act, {})


async def run(turns: Mapping[str, Turn], rounds: int) -> Results:
    """A first round that does not count, then `rounds` of them in random order.

    A peer that fails in the first round is left out, by name and with its reason.
    """
    results = Results()
    present = dict(turns)
    for number in range(rounds + 1):
        for peer in random.sample(list(present), len(present)):
            progress(f"round {number} of {rounds}: {peer}")
            try:
                acts = await present[peer]()
            except Exception as error:
                why = reason(error)
                print(f"\n{peer}: {why}", file=sys.stderr)
                if number == 0:
                    del present[peer]
                    results.absent[peer] = why
                continue
            for act, reading in acts.items() if number else ():
                results.readings.setdefault(peer, {}).setdefault(act, {})[number] = reading
    progress("")
    return results


def reason(error: BaseException) -> str:
    """One line, of the innermost error of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return (str(error).strip().splitlines() or [repr(error)])[-1]


@asynccontextmanager
async def measured() -> AsyncIterator[Reading]:
    """Filled in when the block ends."""
    reading = Reading()
    wall, machine, own = time.perf_counter(), machine_cpu_s(), own_cpu_s()
    yield reading
    reading.wall_s = time.perf_counter() - wall
    reading.machine_cpu_s = machine_cpu_s() - machine
    reading.own_cpu_s = own_cpu_s() - own


def machine_cpu_s() -> float:
    """Seconds that all processors were busy since boot. https://docs.kernel.org/filesystems/proc.html"""
    line = Path("/proc/stat").read_text().split("\n", 1)[0]
    user, nice, system, _idle, _iowait, irq, softirq = (int(n) for n in line.split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS_PER_S


def own_cpu_s() -> float:
    uses = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def progress(text: str) -> None:
    """One line that overwrites itself on a terminal; a line each elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
