"""What an engine leaves when it ends, and more so when it is killed: taken away, by its name alone."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podlab.engines.docker.daemon import network, processes
from podlab.engines.docker.daemon.program import run
from podlab.errors import Denied, PodlabError

if TYPE_CHECKING:
    from podlab.engines.docker.daemon.place import Place


def record(place: Place) -> dict[str, Any]:
    """What the engine was started with; empty where it was not."""
    try:
        data = json.loads(place.record.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


async def clear(place: Place) -> None:
    """Leave of the engine nothing but its state folder. Safe to repeat, at any stage of a start or a stop."""
    await processes.kill_all(place)
    for socket in shim_sockets(place):
        socket.unlink(missing_ok=True)
    for mount in reversed(mounts(place)):
        await run("umount", "--lazy", mount)
    await network.remove(place, record(place).get("before", {}))
    await _remove_cgroups(place)
    if place.run.exists():
        shutil.rmtree(place.run)


async def purge(place: Place) -> None:
    """Remove its images, containers and volumes, too. Never crosses into another file system."""
    if mounts(place):
        raise Denied(f"something is still mounted under {place.state}", subject=place.name)
    await run("rm", "-rf", "--one-file-system", str(place.state))


def mounts(place: Place) -> list[str]:
    """In the order in which they were made. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html"""
    lines = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    points = [line.split()[4].replace("\\040", " ") for line in lines]
    return [p for p in points if Path(p).is_relative_to(place.run) or Path(p).is_relative_to(place.state)]


def shim_sockets(place: Place) -> list[Path]:
    """containerd keeps them outside its own folder and removes them only when a shim ends in peace."""
    found = []
    for path in place.containerd_run.glob("io.containerd.runtime.v2.task/*/*/address"):
        with suppress(OSError):
            found.append(Path(path.read_text().strip().removeprefix("unix://")))
    return [path for path in found if path.is_absolute()]


async def _remove_cgroups(place: Place) -> None:
    if Path("/run/systemd/system").is_dir():
        with suppress(PodlabError):  # no container ran: there is no slice
            await run("systemctl", "stop", f"{place.cgroup}.slice")
    for _ in range(40):  # the kernel lets go of a cgroup a moment after its last process
        for folder in processes.cgroup_folders(place):
            below = sorted((p for p in folder.rglob("*") if p.is_dir()), key=lambda p: -len(p.parts))
            for path in (*below, folder):
                with suppress(OSError):
                    path.rmdir()
        if not processes.cgroup_folders(place):
            return
        await asyncio.sleep(0.05)
