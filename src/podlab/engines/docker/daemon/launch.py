"""Bring dockerd up: addresses, a network, its files, then the programs, in that order."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from podlab.engines.docker.daemon import network, processes, settings
from podlab.engines.docker.daemon.program import find, path
from podlab.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.engines.docker.daemon.place import Place

_NEEDED = ("dockerd", "containerd", "iptables", "ip", "nsenter", "unshare", "umount")


async def launch(
    place: Place, *, own_network: bool, answers: Callable[[], Awaitable[bool]], timeout_s: float
) -> None:
    """Returns when the engine `answers`. What a failure leaves is the caller's to clear."""
    for program in _NEEDED:
        find(program)
    for folder in (place.run, place.data_root, place.containerd_data):
        folder.mkdir(parents=True, exist_ok=True)
    place.state.chmod(0o711)
    await _connect(place, own_network=own_network)
    enter = ("nsenter", f"--net={place.namespace}") if own_network else ()
    place.log.unlink(missing_ok=True)
    toml = place.run / "containerd.toml"
    try:
        async with asyncio.timeout(timeout_s):
            pid = _detach(place, *enter, find("containerd"), "--log-level", "warn", "--config", str(toml))
            while not place.containerd_socket.exists():
                await _pause(place, "containerd", pid)
            pid = _detach(place, *enter, find("dockerd"), "--config-file", str(place.run / "daemon.json"))
            while not await answers():
                await _pause(place, "dockerd", pid)
    except TimeoutError as error:
        raise _failed(place, f"did not answer within {timeout_s:g} s") from error


async def _connect(place: Place, *, own_network: bool) -> None:
    """The network and the files that name its addresses. The same block as last time, where it is free:
    the networks that users made live in it."""
    remembered = place.state / "block"
    block = settings.choose_block(
        await network.taken(), remembered.read_text().strip() if remembered.exists() else ""
    )
    remembered.write_text(f"{block.network}\n")
    kept = {
        "network": "own" if own_network else "host",
        "ports_at": str(block.engine_end.ip) if own_network else "127.0.0.1",
        "before": {} if own_network else await network.forwarding(),
        "started": time.time(),
    }
    place.record.write_text(json.dumps(kept))
    if own_network:
        await network.make_namespace(place, block)
    await network.make_bridge(place, block, inside=own_network)
    systemd = Path("/run/systemd/system").is_dir() and (processes.CGROUPS / "cgroup.controllers").exists()
    config = settings.dockerd(place, block, systemd=systemd)
    (place.run / "daemon.json").write_text(json.dumps(config, indent=1))
    (place.run / "containerd.toml").write_text(settings.containerd(place))


def _detach(place: Place, *command: str) -> int:
    """Run it in a session of its own, as no child of ours, its output in the log. Returns its pid.

    Not to be cancelled half-way, so it blocks: for the few milliseconds that a fork takes.
    """
    with place.log.open("a") as log:
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" 1>&2 & echo $!', "sh", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, check=True,
            start_new_session=True, cwd="/", env={**os.environ, "PATH": path()},
        )  # fmt: skip
    pid = int(shell.stdout)
    with place.launched.open("a") as file:
        file.write(f"{pid}\n")
    return pid


async def _pause(place: Place, program: str, pid: int) -> None:
    if not processes.alive(pid):
        raise _failed(place, f"{program} ended at once")
    await asyncio.sleep(0.05)


def _failed(place: Place, why: str) -> Unavailable:
    lines = place.log.read_text(errors="replace").splitlines()[-12:]
    words = "".join(f"\n  {line[:300]}" for line in lines) or " (nothing)"
    return Unavailable(
        f"engine {place.name!r} does not start: {why}; its last words:{words}",
        subject=place.name,
        hint=f"the whole log is {place.log}",
    )
