"""What all peers stand on: one engine, one image, one network, and nothing left of them afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import socket as sockets
import tarfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import raw
from bench.shell import sh
from podlab.engines.connect import connect
from podlab.engines.docker.address import resolve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.base import Engine

PREFIX = "benchpod"
"""Of every pod's name: what is removed at the end."""
NETWORK = "benchpod"
"""The bridge of the pods that podlab does not make; with names resolved on it, as on podlab's own."""
IMAGE = "benchpod-busybox:1"
SLEEP = ["sleep", "infinity"]
BUSYBOX = Path("/bin/busybox")


# podlab's infra container is made from the same image as everybody's, and nothing is pulled.
os.environ["PODLAB_INFRA_IMAGE"] = IMAGE


def socket() -> str:
    """Of the engine that podlab finds, which the docker command line is told, too."""
    address = resolve()
    if address.kind != "unix":
        raise RuntimeError(f"the engine at {address} may be far away; one on a Unix socket is needed")
    os.environ["DOCKER_HOST"] = str(address)
    return address.path


@asynccontextmanager
async def prepared(folder: Path) -> AsyncIterator[raw.Api]:
    """The engine with image and network, cleared before and after, also after Ctrl-C."""
    async with raw.Api(socket()) as api:
        await clear(api)
        await _import_busybox(folder)
        await api.call("POST", "/networks/create", {"Name": NETWORK, "Driver": "bridge"})
        try:
            yield api
        finally:
            await asyncio.shield(clear(api))


@asynccontextmanager
async def library() -> AsyncIterator[Engine]:
    """podlab as a library."""
    engine = await connect()
    try:
        yield engine
    finally:
        await engine.close()


async def _import_busybox(folder: Path) -> None:
    """Debian's busybox-static as an image of two megabytes: no registry is needed."""
    if not BUSYBOX.exists():
        raise RuntimeError("there is no /bin/busybox: apt-get install busybox-static")
    archive = folder / "busybox.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for applet in (await sh(f"{BUSYBOX} --list")).split():
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            if applet != "busybox":
                tar.addfile(link)
    await sh(f"docker import {archive} {IMAGE}")


async def clear(api: raw.Api) -> None:
    """Remove every container, volume and network of the bench."""
    ours = json.dumps({"name": [f"^/?(podlab-)?{PREFIX}-"]})
    found = await api.call("GET", "/containers/json", all=1, filters=ours)
    limit = asyncio.Semaphore(16)

    async def remove(path: str, **query: Any) -> None:
        async with limit:
            try:
                await api.call("DELETE", path, **query)
            except RuntimeError as error:
                if " 404 " not in str(error) and " 409 " not in str(error):  # gone, or going
                    raise

    async with asyncio.TaskGroup() as group:
        for container in found:
            group.create_task(remove(f"/containers/{container['Id']}", force=1, v=1))
    volumes = (await api.call("GET", "/volumes"))["Volumes"] or []
    async with asyncio.TaskGroup() as group:
        for name in (v["Name"] for v in volumes):
            if re.match(f"podlab-{PREFIX}-", name):
                group.create_task(remove(f"/volumes/{name}"))
    await remove(f"/networks/{NETWORK}")


async def facts(api: raw.Api) -> dict[str, str]:
    """What the figures depend on."""
    info, version = await api.call("GET", "/info"), await api.call("GET", "/version")
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processors": f"{os.cpu_count()} ({_processor()})",
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "?",
        "kernel": f"{platform.release()}, cgroup v{info['CgroupVersion']}",
        "engine": f"{version['Version']}, {info['Driver']}, {info['CgroupDriver']}, runc {_runc(version)}",
        "Python": platform.python_version(),
        "load before": " ".join(f"{n:.1f}" for n in os.getloadavg()),
    }


def _processor() -> str:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return model[1] if model else platform.machine()


def _runc(version: dict[str, Any]) -> str:
    return next((c["Version"] for c in version["Components"] if c["Name"] == "runc"), "?")


def free_port() -> int:
    with sockets.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
