"""Which processes belong to an engine, read from /proc: also when dockerd was killed and left them."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podlab.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podlab.engines.docker.daemon.place import Place

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
_PROGRAMS = ("dockerd", "containerd", "docker-proxy", "docker-init", "runc")


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    state: str
    program: str
    arguments: tuple[str, ...]


def all_processes() -> Iterator[Process]:
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError):  # ended meanwhile
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                yield Process(int(folder.name), int(parent), state, Path(words[0]).name, tuple(words[1:]))


def of_engine(place: Place) -> set[int]:
    """dockerd, containerd, their shims and proxies, and every process of the engine's containers.

    Found by name and folder on the command line, by network namespace, by cgroup, and by descent, so
    that a shim without a parent and a container without a shim are found, too. Never this process.
    """
    everything = {process.pid: process for process in all_processes() if process.state != "Z"}
    launched = _launched(place)
    found = {
        p.pid
        for p in everything.values()
        if (p.pid in launched or p.program.startswith(_PROGRAMS)) and _is_ours(p, place)
    }
    found |= {pid for path in cgroup_folders(place) for pid in _members(path)} & everything.keys()
    while more := {p.pid for p in everything.values() if p.parent in found} - found:
        found |= more
    return found - {os.getpid(), os.getppid(), 0}


def engines_here() -> list[int]:
    """Every dockerd in this process's network namespace, whoever started it."""
    return [
        p.pid
        for p in all_processes()
        if p.program == "dockerd" and p.state != "Z" and _net(p.pid) == _net("self")
    ]


async def end(pid: int, *, timeout_s: float) -> bool:
    """Ask it to end, and tell whether it did in time."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    for _ in range(int(timeout_s / 0.05)):
        if not alive(pid):
            return True
        await asyncio.sleep(0.05)
    return False


async def kill_all(place: Place, *, timeout_s: float = 10) -> None:
    """`Conflict` where something does not die: it is stuck in the kernel."""
    for _ in range(int(timeout_s / 0.05)):
        if not (pids := of_engine(place)):
            return
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)
    raise Conflict(f"processes {sorted(pids)} of engine {place.name!r} do not end", subject=place.name)


def alive(pid: int) -> bool:
    """A zombie is not: whoever started it has yet to notice."""
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def pid_of(place: Place) -> int:
    """dockerd's, 0 where it does not run. A number in a stale file may be somebody else's by now."""
    with suppress(OSError, ValueError):
        pid = int(place.pidfile.read_text())
        words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
        if Path(words[0]).name == "dockerd" and alive(pid):
            return pid
    return 0


def cgroup_folders(place: Place) -> list[Path]:
    """On cgroup v1 one in each hierarchy, on v2 one; systemd calls it a slice."""
    names = (place.cgroup, f"{place.cgroup}.slice", f"podlab.slice/{place.cgroup}.slice")
    return [path for name in names for path in (CGROUPS / name, *CGROUPS.glob(f"*/{name}")) if path.is_dir()]


def _members(cgroup: Path) -> Iterator[int]:
    """Groups below it may go meanwhile, as their containers end."""
    for path, _, _ in os.walk(cgroup):
        with suppress(OSError):
            yield from map(int, (Path(path) / "cgroup.procs").read_text().split())


def _launched(place: Place) -> set[int]:
    """Some may be other programs' numbers by now."""
    try:
        return {int(line) for line in place.launched.read_text().splitlines()}
    except (OSError, ValueError):
        return set()


def _is_ours(process: Process, place: Place) -> bool:
    mine = f"{place.run}/"
    if any(mine in word for word in process.arguments):
        return True
    return place.namespace.exists() and _net(process.pid) == place.namespace.stat().st_ino


def _net(pid: int | str) -> int:
    try:
        return (PROC / str(pid) / "ns/net").stat().st_ino
    except OSError:
        return 0
