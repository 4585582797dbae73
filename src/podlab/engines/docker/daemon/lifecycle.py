"""Start, look at and stop a private engine."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from podlab.engines.docker.address import Address
from podlab.engines.docker.api import Client
from podlab.engines.docker.daemon import processes, remains
from podlab.engines.docker.daemon.launch import launch
from podlab.errors import Conflict, Denied, PodlabError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.docker.daemon.place import Place

READY_S = 60
"""A healthy engine takes one or two seconds; one with many containers on a loaded machine takes longer."""
STOP_S = 60
"""Kubernetes gives a pod 30 s to end; an engine that takes twice that is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A private engine. `ports_at` is where the host reaches ports that its containers publish. Where it
    does not run, everything but the first three is empty."""

    name: str
    running: bool
    data_root: str
    address: str = ""
    pid: int = 0
    version: str = ""
    uptime_s: int = 0
    containers: int = 0
    network: Literal["", "host", "own"] = ""
    ports_at: str = ""


async def start(place: Place, *, own_network: bool | None = None, timeout_s: float = READY_S) -> Status:
    """Start it where it does not answer yet; returns when it answers. Two calls at once end in one engine.

    `own_network` None decides by whether another engine runs in this network namespace. Cancelled or
    failed, it leaves nothing behind but its log. `NotFound` where a program is not installed, `Denied`
    without root, `Unavailable` with dockerd's last words where it does not come up.
    """
    _must_be_root("start a private engine")
    async with _alone(place):
        found = await status(place)
        if found.running:
            if own_network is not None and own_network != (found.network == "own"):
                raise Conflict(
                    f"engine {place.name!r} runs already, with the network {found.network!r}",
                    subject=place.name,
                    hint=f"podlab engine stop --name {place.name}, then start it again",
                )
            return found
        await remains.clear(place)  # of one that was killed
        own = bool(processes.engines_here()) if own_network is None else own_network
        try:
            await launch(place, own_network=own, answers=lambda: _answers(place), timeout_s=timeout_s)
        except BaseException:
            await asyncio.shield(remains.clear(place))
            raise
        return await status(place)


async def stop(place: Place, *, purge: bool = False) -> bool:
    """End it and take away everything of it but its images, with `purge` those as well. Its containers get
    the time to end that they ask for. Also cleans up after an engine that was killed.

    Returns whether there was anything to do. `Denied` without root.
    """
    _must_be_root("stop a private engine")
    async with _alone(place):
        pid = processes.pid_of(place)
        there = bool(pid) or place.run.exists() or (purge and place.state.exists())
        if pid:
            await processes.end(pid, timeout_s=STOP_S)
        await remains.clear(place)
        if purge:
            await remains.purge(place)
    return there


async def status(place: Place) -> Status:
    """Look; nothing is changed. `Denied` where this user may not ask the engine."""
    data_root = str(place.data_root)
    if not place.socket.exists():
        return Status(name=place.name, running=False, data_root=data_root)
    try:
        async with asyncio.timeout(15):
            info = await _client(place).json("GET", "/info")
    except Denied:
        raise
    except (PodlabError, TimeoutError):
        return Status(name=place.name, running=False, data_root=data_root)
    kept = remains.record(place)
    return Status(
        name=place.name,
        running=True,
        data_root=data_root,
        address=f"unix://{place.socket}",
        pid=processes.pid_of(place),
        version=str(info.get("ServerVersion", "")),
        uptime_s=int(time.time() - kept.get("started", time.time())),
        containers=int(info.get("Containers", 0)),
        network=kept.get("network", ""),
        ports_at=kept.get("ports_at", ""),
    )


def _client(place: Place) -> Client:
    return Client(Address(kind="unix", path=str(place.socket), chosen_by=f"private engine {place.name!r}"))


async def _answers(place: Place) -> bool:
    try:
        await _client(place).json("GET", "/version")
    except PodlabError:
        return False
    return True


def _must_be_root(what: str) -> None:
    if os.geteuid() != 0:
        raise Denied(
            f"only root can {what}", hint="sudo -E podlab engine …, or use an engine that is there already"
        )


@asynccontextmanager
async def _alone(place: Place) -> AsyncIterator[None]:
    """One start or stop at a time on this machine: they look for free addresses and change the firewall."""
    place.run.parent.mkdir(parents=True, exist_ok=True)
    with (place.run.parent / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.05)
        yield
