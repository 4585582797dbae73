"""The control group of a pod as a whole, on the engine's machine.

The engine puts containers below a group that is named to it, and bounds none but the containers' own. So a container
of a moment writes the pod's bounds, and removes the group in the end: podlab needs the engine's socket, no rights of
its own. Where systemd keeps the groups it is asked, since it would write its own numbers over ours.
https://docs.docker.com/reference/cli/dockerd/#default-cgroup-parent
https://docs.kernel.org/admin-guide/cgroup-v2.html
https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.docker import errand, find, translate
from podlab.engines.docker.delete import remove_volume
from podlab.engines.docker.translate.whole_pod import GROUP, PERIOD_US, Whole
from podlab.errors import Denied, Unavailable, Unsupported

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.translate import Body
    from podlab.model import Pod

_GROUPS: Final = "/groups"
_HOLD: Final = f"""
set -u
fail() {{ echo "$1"; exit 1; }}
cd {_GROUPS} || exit
if [ -e cgroup.controllers ]; then
  for name in podlab "$1" "$2"; do
    for each in cpu memory; do echo "+$each" >cgroup.subtree_control 2>/dev/null; done
    mkdir -p "$name" && cd "$name" || exit
  done
  [ -e memory.max ] && [ -e cpu.max ] || fail "the machine's group has no cpu or memory for groups below it"
  [ "$3" = -1 ] && echo max >memory.max || echo "$3" >memory.max || fail "memory.max"
  if [ -e memory.swap.max ]; then [ "$3" = -1 ] && echo max >memory.swap.max || echo 0 >memory.swap.max; fi
  [ "$4" = -1 ] && echo "max {PERIOD_US}" >cpu.max || echo "$4 {PERIOD_US}" >cpu.max || fail "cpu.max"
  echo $((1 + ($5 - 2) * 9999 / 262142)) >cpu.weight
  exit
fi
cpu=cpu; [ -d cpu ] || cpu=cpu,cpuacct
[ -d memory ] && [ -d $cpu ] || fail "the machine has no groups for cpu and memory"
for each in memory $cpu; do mkdir -p "$each/podlab/$1/$2" || exit; done
cd "memory/podlab/$1/$2"
limit=memory.limit_in_bytes swap=memory.memsw.limit_in_bytes
[ -e $swap ] && echo "$3" >$swap 2>/dev/null
echo "$3" >$limit || fail "$limit: the pod uses more than $3 bytes"
[ ! -e $swap ] || echo "$3" >$swap || fail "$swap"
cd "{_GROUPS}/$cpu/podlab/$1/$2"
echo {PERIOD_US} >cpu.cfs_period_us
echo "$4" >cpu.cfs_quota_us || fail "cpu.cfs_quota_us"
echo "$5" >cpu.shares
"""
_LET_GO: Final = f"""
cd {_GROUPS}
for n in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for each in podlab */podlab; do
    [ ! -d "$each/$1/$2" ] || find "$each/$1/$2" -depth -type d -exec rmdir {{}} + 2>/dev/null
    [ ! -d "$each/$1/$2" ] || left=1
    rmdir "$each/$1" "$each" 2>/dev/null
  done
  [ -n "$left" ] || exit 0
  sleep 0.2
done
"""
"""With what an engine has left below it: Podman has groups of its own there."""
_PATIENCE_S: Final = 120
"""A machine that is busy takes its time for a container."""
_ON_THE_MACHINE: Final = ("nsenter", "-t", "1", "-m", "-u", "-i", "-n", "-p", "--")


@dataclass(frozen=True, slots=True)
class Place:
    """How the engine keeps groups: `driver` is its word, `engine` its own name among those of the machine."""

    driver: str
    engine: str

    def parent(self, pod: str) -> str:
        """As the engine takes it. In a slice's name a dash means that one is below another, so pods' have none."""
        if self.driver == "systemd":
            return f"podlab-{self.engine}-{pod.replace('-', '_')}.slice"
        return f"/podlab/{self.engine}/{pod}"


async def place(client: Client) -> Place:
    """`Unsupported` where the engine cannot hold a group of ours."""
    info = await client.json("GET", "/info")
    driver = info.get("CgroupDriver") or "none"
    is_rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    if driver not in ("cgroupfs", "systemd") or is_rootless:
        raise Unsupported(
            "this engine cannot bound a pod as a whole: it has no control groups of the machine (spec.resources)",
            hint="say limits for each container (resources), or take an engine that runs as root",
        )
    short = "".join(c for c in str(info.get("ID") or "engine").lower() if c.isalnum())[:12]
    return Place(driver, short)


async def put_in(client: Client, pod: str, body: Body) -> Body:
    """The body with the group's name in its place."""
    host = body["HostConfig"]
    if host.get("CgroupParent") != GROUP:
        return body
    return body | {"HostConfig": host | {"CgroupParent": (await place(client)).parent(pod)}}


async def bound(client: Client, pod: Pod, image: str) -> str:
    """Hold what the pod as a whole may use, and keep that it is held around this run of its infra container: in the
    volume whose name it returns."""
    await hold(client, pod.name, translate.whole(pod), image)
    found = await find.pod(client, pod.name)
    held = translate.bounds_volume(pod, found.sandbox)
    await client.json("POST", "/volumes/create", body=held)
    for name in found.bounds_volumes - {held["Name"]}:
        await remove_volume(client, name)
    return str(held["Name"])


async def hold(client: Client, pod: str, bounds: Whole, image: str) -> None:
    """The pod's containers together use no more than this. Held already is as good."""
    where = await place(client)
    if where.driver == "systemd":
        await _run(client, pod, [*_ON_THE_MACHINE, *set_property(where.parent(pod), bounds)], image)
        return
    numbers = map(str, (bounds.memory_bytes, bounds.quota_us, bounds.shares))
    await _run(client, pod, ["sh", "-c", _HOLD, "sh", where.engine, pod, *numbers], image)


async def let_go(client: Client, pod: str, image: str) -> None:
    """Remove the group of a pod whose containers are gone. Gone already is as good."""
    where = await place(client)
    if where.driver == "systemd":
        script = 'systemctl stop "$1"; systemctl revert "$1"; exit 0'
        command = [*_ON_THE_MACHINE, "sh", "-c", script, "sh", where.parent(pod)]
        await _run(client, pod, command, image)
        return
    await _run(client, pod, ["sh", "-c", _LET_GO, "sh", where.engine, pod], image)


def set_property(name: str, bounds: Whole) -> list[str]:
    """The command of systemd that bounds a slice of this name for good, whether or not it is there yet."""
    memory = "infinity" if bounds.memory_bytes < 0 else str(bounds.memory_bytes)
    swap = "infinity" if bounds.memory_bytes < 0 else "0"
    cpus = "" if bounds.quota_us < 0 else f"{bounds.quota_us * 100 / PERIOD_US:g}%"
    weight = 1 + (bounds.shares - 2) * 9999 // 262142
    return [
        "systemctl", "set-property", name, f"MemoryMax={memory}", f"MemorySwapMax={swap}", f"CPUQuota={cpus}",
        f"CPUWeight={weight}",
    ]  # fmt: skip


async def _run(client: Client, pod: str, command: list[str], image: str) -> None:
    host: dict[str, Any] = {
        "NetworkMode": "none",
        "UsernsMode": "host",
        "SecurityOpt": ["apparmor=unconfined"],
    }
    if command[0] == _ON_THE_MACHINE[0]:
        host |= {"Privileged": True, "PidMode": "host", "SecurityOpt": []}
    else:
        groups = {"Type": "bind", "Source": "/sys/fs/cgroup", "Target": _GROUPS}
        host |= {"CapDrop": ["ALL"], "ReadonlyRootfs": True, "Mounts": [groups]}
    try:
        code, said = await errand.run(client, image, command, host=host, timeout_s=_PATIENCE_S)
    except TimeoutError as error:
        raise Unavailable("the container that writes the bounds did not end in time", subject=pod) from error
    if code:
        kind = Denied if "denied" in said or "not permitted" in said or "Read-only" in said else Unsupported
        why = said.strip().splitlines()[-1:] or [f"exit code {code}"]
        raise kind(why[0], subject=pod, hint="say limits for each container (resources)")
