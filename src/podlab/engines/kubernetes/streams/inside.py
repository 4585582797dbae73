"""A look into a container: its processes, and the namespaces that it is in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.base import NAMESPACES, NamespaceRow, Sharing
from podlab.engines.kubernetes.streams.errand import shell
from podlab.engines.kubernetes.streams.opening import Place, status_of
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from podlab.engines.kubernetes.client import Client

_TITLES: Final = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
"""As `podlab top` shows them on a Docker Engine."""
# Read by a shell and `cat`: what a `ps` prints is another thing in each image, and many have none. The shell names
# itself, to be left out.
_PROCESSES = """
echo "$$"
set -- /proc/[0-9]*
cat /proc/uptime
for each in "$@"; do
  [ -r "$each/stat" ] || continue
  printf '\\036%s\\n' "${each#/proc/}"
  cat "$each/stat" "$each/status" 2>/dev/null
  printf '\\037'
  cat "$each/cmdline" 2>/dev/null
done
"""
_TICKS_PER_S = 100
"""Linux' USER_HZ, on every processor that Kubernetes runs on."""
_NAMESPACES = 'for each in /proc/self/ns/*; do echo "${each##*/} $(readlink "$each")"; done'


async def processes(
    client: Client, pod: str, container: str
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Numbers are those inside of the container. `Conflict` where it does not run, `Unsupported` without `sh`."""
    done = await shell(Place(client, pod, container), _PROCESSES)
    return _TITLES, list(rows(done.out, datetime.now(UTC)))


def rows(said: bytes, now: datetime) -> list[list[str]]:
    head, *found = said.split(b"\x1e")
    itself, _, uptime = head.partition(b"\n")
    booted = now - timedelta(seconds=float(uptime.split()[0]))
    made = (_row(each, booted, now) for each in found)
    shell = itself.decode()
    return [row for row in made if row and shell not in (row[1], row[2])]


def _row(said: bytes, booted: datetime, now: datetime) -> list[str] | None:
    """https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    told, _, arguments = said.partition(b"\x1f")
    pid, _, rest = told.partition(b"\n")
    name, _, fields_text = rest.partition(b"\n")[0].rpartition(b") ")
    fields = fields_text.split()
    if len(fields) < 20:
        return None  # it has ended meanwhile
    owner = next((line.split()[1].decode() for line in rest.splitlines() if line.startswith(b"Uid:")), "?")
    ticks = int(fields[11]) + int(fields[12])
    began = booted + timedelta(seconds=int(fields[19]) / _TICKS_PER_S)
    lived_s = max(1.0, (now - began).total_seconds())
    words = arguments.replace(b"\0", b" ").strip() or b"[" + name.partition(b"(")[2] + b"]"
    return [
        owner,
        pid.decode(),
        fields[1].decode(),
        str(min(99, round(100 * ticks / _TICKS_PER_S / lived_s))),
        began.strftime("%H:%M" if now - began < timedelta(days=1) else "%b%d"),
        _terminal(int(fields[4])),
        str(timedelta(seconds=ticks // _TICKS_PER_S)).rjust(8, "0"),
        words.decode(errors="replace"),
    ]


def _terminal(device: int) -> str:
    major, minor = device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00
    return "?" if not device else f"pts/{minor}" if major == 136 else f"{major}:{minor}"


async def namespaces(client: Client, pod: str) -> Sequence[NamespaceRow]:
    """How the pod was made says who shares what; the numbers come from within, where a container has a shell. The first
    row is the pod's own sandbox, which nobody can look into."""
    found = await client.json("GET", client.pod(pod))
    spec = found["spec"]
    names = [each["name"] for kind in ("initContainers", "containers") for each in spec.get(kind) or ()]
    running = [each for each in names if "running" in (status_of(found, each).get("state") or {})]
    seen = dict(
        zip(running, await asyncio.gather(*(_inodes(client, pod, each) for each in running)), strict=True)
    )
    return [
        NamespaceRow(container="infra", sharing=_sharing(spec)),
        *(NamespaceRow(container=each, sharing=_sharing(spec), inodes=seen.get(each, {})) for each in names),
    ]


def _sharing(spec: Mapping[str, Any]) -> dict[str, Sharing]:
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec"""
    made = dict.fromkeys(NAMESPACES, Sharing.OWN)
    made["net"] = made["uts"] = Sharing.HOST if spec.get("hostNetwork") else Sharing.POD
    made["ipc"] = Sharing.HOST if spec.get("hostIPC") else Sharing.POD
    made["user"] = Sharing.POD if spec.get("hostUsers") is False else Sharing.HOST
    if spec.get("hostPID"):
        made["pid"] = Sharing.HOST
    elif spec.get("shareProcessNamespace"):
        made["pid"] = Sharing.POD
    return made


async def _inodes(client: Client, pod: str, container: str) -> dict[str, int]:
    """Of the node that the container is on. Empty where it cannot be asked."""
    try:
        done = await shell(Place(client, pod, container), _NAMESPACES)
    except PodlabError:
        return {}
    found = {}
    for line in done.out.decode(errors="replace").splitlines():
        kind, _, link = line.partition(" ")
        number = link.partition("[")[2].removesuffix("]")
        if kind in NAMESPACES and number.isdigit():
            found[kind] = int(number)
    return found
