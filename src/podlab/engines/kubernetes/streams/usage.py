"""What a container uses, as its own control group and network tell it from inside.

The cluster's metrics come every 15 seconds or so, and only where somebody has installed a metrics server; and what a
kubelet knows is for those who may do nearly anything on its node. The container's own files are there for who may exec.
https://docs.kernel.org/admin-guide/cgroup-v1/index.html and https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from podlab.engines.base import Usage
from podlab.engines.kubernetes.streams.errand import refused
from podlab.engines.kubernetes.streams.opening import Place, open_exec
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from podlab.engines.kubernetes.client import Client
    from podlab.engines.kubernetes.streams.channels import Channels

_GROUP: Final = "/sys/fs/cgroup/"
_NETWORK: Final = "/proc/net/dev"
_MACHINE: Final = "/proc/meminfo"
_FILES: Final = (
    *(f"{_GROUP}{each}" for each in (
        "cpuacct/cpuacct.usage", "memory/memory.usage_in_bytes", "memory/memory.limit_in_bytes", "memory/memory.stat",
        "pids/pids.current", "blkio/blkio.throttle.io_service_bytes",
        "cpu.stat", "memory.current", "memory.max", "memory.stat", "pids.current", "io.stat",
    )),
    _NETWORK, _MACHINE,
)  # fmt: skip
_HEAD: Final = b"=== "
_END: Final = b"\n===\n"
# It reads again for each line that it gets, so it ends with the connection.
_READ = f"""
while read -r _; do
  for file in {" ".join(_FILES)}; do
    [ ! -r "$file" ] || {{ echo "{_HEAD.decode()}$file"; cat "$file"; }}
  done
  echo; echo ===
done
"""
_EVERY_S = 1.0

Files = dict[str, list[str]]
"""Path → lines."""


async def usage(client: Client, pod: str, container: str, *, follow: bool) -> AsyncIterator[Usage]:
    """A reading about every second, until the container ends. `Conflict` where it does not run, `Unsupported` where it
    has no `sh` and `cat`, or does not see its control group."""
    place = Place(client, pod, container)
    channels = await open_exec(place, ["sh", "-c", _READ], stdin=True, tty=False)
    with closing(channels):
        while (said := await _answer(channels)) is not None:
            yield reading(container, parsed(said), datetime.now(UTC))
            if not follow:
                return
            await asyncio.sleep(_EVERY_S)
        ending = await channels.ended()
        if ending.text:
            raise await refused(place, "sh", ending)


async def _answer(channels: Channels) -> bytes | None:
    """None where nobody answers any more."""
    channels.write(b"\n")
    said = bytearray()
    while not said.endswith(_END):
        piece = await channels.read()
        if piece is None:
            return None
        said += piece[1] if piece[0] == 1 else b""
    return bytes(said)


def parsed(said: bytes) -> Files:
    files: Files = {}
    lines: list[str] = []
    for line in said.decode(errors="replace").splitlines():
        if line.startswith(_HEAD.decode()):
            lines = files[line.removeprefix(_HEAD.decode())] = []
        elif line and line != "===":
            lines.append(line)
    return files


def reading(container: str, files: Files, at: datetime) -> Usage:
    """`Unsupported` where there is no control group to be seen."""
    group = {name.removeprefix(_GROUP): lines for name, lines in files.items()}
    machine_bytes = _pairs(group.get(_MACHINE, ())).get("MemTotal:", 0) * 1024
    read, written = _blocks(group)
    received, sent = _network(group.get(_NETWORK, ()))
    if "cpu.stat" in group:  # version 2
        cpu_ns = _pairs(group["cpu.stat"]).get("usage_usec", 0) * 1000
        used, limit = _number(group, "memory.current"), _number(group, "memory.max")
        cache = _pairs(group.get("memory.stat", ())).get("inactive_file", 0)
    elif "cpuacct/cpuacct.usage" in group:
        cpu_ns = _number(group, "cpuacct/cpuacct.usage")
        used = _number(group, "memory/memory.usage_in_bytes")
        limit = _number(group, "memory/memory.limit_in_bytes")
        cache = _pairs(group.get("memory/memory.stat", ())).get("total_inactive_file", 0)
    else:
        raise Unsupported(
            f"container '{container}' does not see its control group, so nobody can tell what it uses",
            subject=container,
            hint="it has to have `cat` and /sys/fs/cgroup; `kubectl top pod` asks the metrics server, if there is one",
        )
    return Usage(
        container=container,
        at=at,
        cpu_ns=cpu_ns,
        memory_bytes=max(0, used - cache),  # the cache can be given back at any time
        memory_limit_bytes=min(limit, machine_bytes) if limit and machine_bytes else limit or machine_bytes,
        pids=_number(group, "pids.current") or _number(group, "pids/pids.current"),
        read_bytes=read,
        written_bytes=written,
        received_bytes=received,
        sent_bytes=sent,
    )


def _number(group: Mapping[str, list[str]], name: str) -> int:
    """0 where there is none; `max` is none."""
    lines = group.get(name) or [""]
    return int(lines[0]) if lines[0].isdigit() else 0


def _pairs(lines: Iterable[str]) -> dict[str, int]:
    words = (line.split() for line in lines)
    return {each[0]: int(each[1]) for each in words if len(each) >= 2 and each[1].isdigit()}


def _blocks(group: Mapping[str, list[str]]) -> tuple[int, int]:
    """`8:0 Read 4096` for each device and kind, and in version 2 `8:0 rbytes=4096 wbytes=0 …` for each device."""
    read = written = 0
    for line in group.get("blkio/blkio.throttle.io_service_bytes", ()):
        words = line.split()
        if len(words) == 3:
            read += int(words[2]) if words[1] == "Read" else 0
            written += int(words[2]) if words[1] == "Write" else 0
    for line in group.get("io.stat", ()):
        values = dict(word.split("=", 1) for word in line.split() if "=" in word)
        read += int(values.get("rbytes", 0))
        written += int(values.get("wbytes", 0))
    return read, written


def _network(lines: Iterable[str]) -> tuple[int, int]:
    """The pod's, which its containers share, without its loopback."""
    received = sent = 0
    for line in lines:
        name, colon, numbers = line.partition(":")
        words = numbers.split()
        if colon and name.strip() != "lo" and len(words) >= 9:
            received += int(words[0])
            sent += int(words[8])
    return received, sent
