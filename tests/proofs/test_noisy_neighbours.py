"""A seat that forks without end, takes all memory, fills its disk or writes without end harms itself alone.

Measured and printed (`pytest -s`); asserted is only what must be so on a machine of any speed: neighbours and engine
answer, the seat stays in its bounds, it is told why, and it works again.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.conftest import docker
from tests.examples.conftest import EXAMPLES
from tests.proofs.seats import Seat, inspected

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

LASTS_S = 6.0
"""How long each attack is watched."""


@pytest.fixture(scope="module")
def seats(docker_host: str) -> Iterator[tuple[Seat, Seat]]:
    name = f"t-{uuid.uuid4().hex[:10]}"
    made = Seat(f"{name}-a"), Seat(f"{name}-b")
    try:
        for each in made:
            podlab("up", "--isolated", "--name", each.name, EXAMPLES / "docker-pods")
            assert each.sh("docker pull -q alpine").code == 0
        yield made
    finally:
        for each in made:
            podlab("down", "--ignore-not-found", each.name)


def podlab(*words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "podlab.cli", *map(str, words)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


class Bystander:
    """While the block lasts, what a neighbour and the engine do is timed."""

    def __init__(self, neighbour: Seat) -> None:
        self._neighbour = neighbour
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.shells: list[float] = []
        self.daemons: list[float] = []
        self.engines: list[float] = []
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.is_set():
            for line, times in (("echo here", self.shells), ("docker ps -q", self.daemons)):
                said = self._neighbour.sh(line)
                times.append(said.took_s)
                if said.code:
                    self.failures.append(said.text)
            began = time.monotonic()
            if docker("version").returncode:
                self.failures.append("the engine did not answer")
            self.engines.append(time.monotonic() - began)
            self._stop.wait(0.2)

    def said(self, what: str) -> str:
        shown = (
            f"{name} {statistics.median(times) * 1000:.0f}/{max(times) * 1000:.0f} ms"
            for name, times in (("shell", self.shells), ("daemon", self.daemons), ("engine", self.engines))
        )
        return f"{what}: neighbour's {', '.join(shown)} (median/worst of {len(self.shells)})"


def usage(seat: Seat, container: str = "dind") -> tuple[int, float]:
    """Processes, and part of its memory that is in use."""
    name = f"podlab-{seat.name}-{container}"
    found = docker("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemPerc}}", name).stdout.decode().split()
    return int(found[0]), float(found[1].rstrip("%"))


def attacked(attacker: Seat, neighbour: Seat, what: str, line: str) -> list[tuple[int, float]]:
    """Run it in a nested container called `bomb`, and look at what the seat uses meanwhile."""
    assert attacker.sh(f"docker run -d --name bomb alpine sh -c '{line}'").code == 0
    readings = []
    with Bystander(neighbour) as bystander:
        ends = time.monotonic() + LASTS_S
        while time.monotonic() < ends:
            readings.append(usage(attacker))
    print(f"\n{bystander.said(what)}; the seat {max(readings)}")
    assert bystander.failures == []
    assert bystander.shells
    return readings


def recovers(seat: Seat) -> None:
    """Its daemon may have been killed by its own guest: then it comes back by itself."""
    ends = time.monotonic() + 120
    while (said := seat.sh("docker rm -f bomb 2>&1; docker run --rm alpine echo works")).text.split()[
        -1:
    ] != ["works"]:
        assert time.monotonic() < ends, said.text
        time.sleep(1)


def test_while_nothing_happens(seats: tuple[Seat, Seat]) -> None:
    """What the other figures are to be read against."""
    with Bystander(seats[1]) as bystander:
        time.sleep(LASTS_S)
    print(f"\n{bystander.said('nothing')}")
    assert bystander.failures == []


def test_a_fork_bomb(seats: tuple[Seat, Seat]) -> None:
    attacker, neighbour = seats
    bomb = "( b() { while :; do b & done; }; b ); while :; do sleep 1; done"
    readings = attacked(attacker, neighbour, "fork bomb", bomb)
    assert max(pids for pids, _ in readings) <= 1000
    recovers(attacker)
    told = attacker.nested("for i in $(seq 2000); do sleep 20 & done")
    assert "can't fork" in told.text or "Resource temporarily unavailable" in told.text, told.text[-300:]
    recovers(attacker)


def test_a_memory_hog(seats: tuple[Seat, Seat]) -> None:
    attacker, neighbour = seats
    hog = "while :; do tail -n 1 /dev/zero; sleep 0.2; done"
    readings = attacked(attacker, neighbour, "memory hog", hog)
    assert max(memory for _, memory in readings) <= 100
    recovers(attacker)
    told = attacker.nested("tail -n 1 /dev/zero; echo ended with $?")
    assert "137" in told.text or "Killed" in told.text or told.code == 137, told.text
    recovers(attacker)


def test_a_full_disk(seats: tuple[Seat, Seat]) -> None:
    attacker, neighbour = seats
    fill = "while :; do dd if=/dev/zero of=/fill bs=1M; sleep 0.2; done"
    attacked(attacker, neighbour, "full disk", fill)
    recovers(attacker)
    told = attacker.nested("dd if=/dev/zero of=/fill bs=1M")
    assert "no space left on device" in told.text.lower(), told.text
    for folder in ("/root", "/tmp"):
        told = attacker.sh(f"dd if=/dev/zero of={folder}/fill bs=1M; rm {folder}/fill")
        assert "No space left on device" in told.text, folder
    assert "Read-only file system" in attacker.sh("dd if=/dev/zero of=/fill bs=1M count=1").text
    for folder in (
        "/daemon/tmp",
        "/daemon/run",
        "/daemon/home/rootless",
        "/daemon/var/tmp",
        "/daemon/dev/shm",
    ):
        told = attacker.nested(
            f"timeout 20 dd if=/dev/zero of={folder}/fill bs=1M; n=$?; rm -f {folder}/fill; exit $n",
            "-v",
            "/:/daemon",
        )
        assert told.code not in (0, 124, 143), f"{folder}: {told.text}"
    recovers(attacker)


def test_output_without_end_stays_small_on_the_machine(seats: tuple[Seat, Seat]) -> None:
    attacker, neighbour = seats
    log = inspected(f"podlab-{attacker.name}-work", "{{.LogPath}}")
    with Bystander(neighbour) as bystander:
        attacker.sh(f"timeout {LASTS_S:.0f} yes >/proc/1/fd/1")
    print(f"\n{bystander.said('endless output')}")
    written = sum(each.stat().st_size for each in Path(log).parent.glob("*.log*"))
    assert 0 < written < 16 * 2**20
    assert bystander.failures == []
