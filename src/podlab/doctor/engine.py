"""The engine itself: does it answer, is it one that podlab can work with, are the clocks right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from podlab.doctor.facts import EngineFacts, Facts
from podlab.doctor.finding import Finding, Level

OLDEST: Final = (20, 10)
"""API 1.41 brought private cgroup namespaces for containers, which every member of a pod has.
https://docs.docker.com/reference/api/engine/version-history/#v141-api-changes"""
SOUND: Final = (23, 0)
"""Before it, a privileged container asks for every capability there is and fails where the machine lacks one."""
WAITS_FOR_OWNERS: Final = (29, 0)
"""From here on a starting engine waits for the container whose network another one joins."""
PODMAN: Final = (5, 4)
"""What the tests run on."""
CLOCK_S: Final = 5.0
"""Lifetimes end by the engine's clock and are reckoned by ours: half of the shortest step that `ps` shows."""

_INSTALL: Final = "https://docs.docker.com/engine/install/"
_OLD_DRIVERS: Final = ("aufs", "devicemapper", "overlay")
"""Of a Docker Engine; Podman's only one is called `overlay`."""
_DRIVERS: Final = "https://docs.docker.com/engine/storage/drivers/select-storage-driver/"


def findings(facts: Facts) -> Iterator[Finding]:
    engine = facts.engine
    if engine is None:
        what, fix = facts.unreachable or ("no engine answers", "")
        if not fix or "podlab doctor" in fix:  # that is us
            fix = "set DOCKER_HOST, or start a private engine as root: podlab engine start"
        yield Finding(
            id="engine.reachable", title="Engine", level=Level.PROBLEM, found=what, fix=fix, link=_INSTALL
        )
        return
    yield Finding(
        id="engine.reachable",
        title="Engine",
        level=Level.OK,
        found=f"{engine.product} {engine.version} (API {engine.api_version}) at {engine.address}, "
        f"chosen by {engine.chosen_by}; {engine.system}, Linux {engine.kernel}",
    )
    yield _version(engine)
    yield _storage(engine)
    yield _clock(engine)
    for index, warning in enumerate(engine.warnings, 1):
        yield Finding(
            id=f"engine.warning-{index}",
            title="The engine's own warning",
            level=Level.NOTE,
            found=warning.removeprefix("WARNING: "),
        )


def release(version: str) -> tuple[int, int]:
    """`26.1.5+dfsg1` → (26, 1); (0, 0) where it is no such thing, such as a build from source."""
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _version(engine: EngineFacts) -> Finding:
    found = release(engine.version)
    level, text, fix = Level.OK, f"{engine.version} is one that podlab knows", ""
    if "podman" in engine.product.lower():
        is_known = found >= PODMAN
        level = Level.NOTE if is_known else Level.WARNING
        text = (
            f"this is Podman {engine.version} behind Docker's API: pods work but for what docs/podman.md names; seats "
            "need a Docker Engine"
            if is_known
            else f"this is Podman {engine.version} behind Docker's API; podlab is tested with 5.4"
        )
        fix = "for seats: export DOCKER_HOST=unix:///var/run/docker.sock, or podlab engine start"
    elif found == (0, 0):
        level, text = Level.NOTE, f"{engine.version!r} is no release that podlab knows"
    elif found < OLDEST:
        level = Level.PROBLEM
        text = f"{engine.version} cannot give containers private cgroup namespaces; podlab needs 20.10, better 23.0"
        fix = "install a newer one"
    elif found < SOUND:
        level = Level.WARNING
        text = (
            f"{engine.version} is no longer maintained, and cannot start privileged containers where the machine "
            "lacks a capability"
        )
        fix = "install 23.0 or newer; on Debian 12: apt-get install -t trixie docker.io docker-cli"
    elif found < WAITS_FOR_OWNERS:
        level = Level.NOTE
        text = (
            f"{engine.version}: after a restart of the engine members may start before the infra container whose "
            "network they share (29.0 waits for it)"
        )
        fix = (
            "run podlab up with the pod's file again after a restart of the engine; it repairs what is stale"
        )
    return Finding(id="engine.version", title="Version", level=level, found=text, fix=fix, link=_INSTALL)


def _storage(engine: EngineFacts) -> Finding:
    on = f" on {engine.backing_filesystem}" if engine.backing_filesystem else ""
    level, text, fix = Level.OK, f"{engine.storage_driver}{on}, data in {engine.data_root}", ""
    if engine.storage_driver == "vfs":
        level = Level.WARNING
        text = (
            f"vfs{on} copies an image's files for every container: slow, and a seat takes over 1 GB of disk"
        )
        fix = 'keep the engine\'s data on ext4 or xfs, and set {"storage-driver": "overlay2"} in daemon.json'
    elif engine.storage_driver == "fuse-overlayfs":
        level = Level.NOTE
        text = f"fuse-overlayfs{on} passes every file access through a process: slower than overlay2"
        fix = "a kernel of 5.11 or newer lets rootless engines use overlay2"
    elif engine.storage_driver in _OLD_DRIVERS and "podman" not in engine.product.lower():
        level = Level.WARNING
        text = f"{engine.storage_driver}{on} is deprecated and removed from newer engines"
        fix = 'set {"storage-driver": "overlay2"} in daemon.json after docker save of what must stay'
    elif not engine.has_file_types:
        level = Level.PROBLEM
        text = f"{engine.storage_driver}{on} without d_type: files that a container deletes come back"
        fix = "make the file system anew: mkfs.xfs -n ftype=1"
    return Finding(
        id="engine.storage", title="Storage driver", level=level, found=text, fix=fix, link=_DRIVERS
    )


def _clock(engine: EngineFacts) -> Finding:
    ahead = engine.clock_ahead_s
    is_right = abs(ahead) < CLOCK_S
    way = "ahead of" if ahead > 0 else "behind"
    return Finding(
        id="engine.clock",
        title="Clock",
        level=Level.OK if is_right else Level.WARNING,
        found="the engine's clock and ours agree"
        if is_right
        else f"the engine's clock is {abs(ahead):.0f} s {way} ours: lifetimes end at another time than ps shows",
        fix="" if is_right else "on both machines: timedatectl set-ntp true",
    )
