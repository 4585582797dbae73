"""What is tried on the engine: the machine's numbers, and each level of isolation that a nested daemon has.

The settings of the levels are those of examples/docker-pods; the scripts try the one thing that fails first
where a level cannot be had, so that nobody waits for a daemon to find that out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from podlab.doctor.probe import Probe
from podlab.engines.docker.translate import SECCOMP_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podlab.doctor.facts import EngineFacts

DATA: Final = "/podlab-data"
"""A volume of the engine: on the disk where a seat's daemon keeps its images."""

SETTINGS: Final = (
    "fs/inotify/max_user_instances", "kernel/pid_max", "kernel/threads-max", "kernel/keys/maxkeys",
    "net/netfilter/nf_conntrack_max", "net/netfilter/nf_conntrack_count", "net/ipv4/neigh/default/gc_thresh3",
)  # fmt: skip

_LOOK: Final = """
for key in %(settings)s; do
  [ ! -r /proc/sys/$key ] || echo "$key $(cat /proc/sys/$key)"
done
while read -r key value unit; do
  [ "$key" != MemAvailable: ] || echo "MemAvailable $value"
done </proc/meminfo
read -r a b c tasks rest </proc/loadavg; echo "tasks ${tasks#*/}"
df -kP "%(data)s" | while read -r device all used free rest; do echo "free_kilobytes $free"; done
df -iP "%(data)s" 2>/dev/null | while read -r device all used free rest; do echo "free_inodes $free"; done
"""


def look(data: str = DATA) -> str:
    """A script for any `sh` that prints what `read.machine` understands; `data` is where the disk is measured."""
    return _LOOK % {"settings": " ".join(SETTINGS), "data": data}


def machine(image: str, engine: EngineFacts, *, on_host_network: bool) -> Probe:
    """The host's network namespace shows more settings; an engine may refuse it."""
    host = {"NetworkMode": "host"} if on_host_network else {}
    if "userns" in engine.security and on_host_network:
        host["UsernsMode"] = "host"  # mapped users cannot join the host's namespaces
    return Probe(name="machine", image=image, script=look(), volume=DATA, host={"CapDrop": ["ALL"], **host})


def privileged(image: str) -> Probe:
    return Probe(
        name="privileged", image=image, host={"Privileged": True},
        script="mkdir -p /tmp/m && mount -t tmpfs none /tmp/m",
    )  # fmt: skip


CAPS: Final[Mapping[str, Any]] = {
    "CapAdd": ["SYS_ADMIN", "NET_ADMIN"],
    "MaskedPaths": [],
    "ReadonlyPaths": [],
    "SecurityOpt": ["apparmor=unconfined", f"{SECCOMP_FILE}podlab/caps.json"],
}
_REMOUNT: Final = (
    "awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts | while read -r m; do mount -o remount,bind,rw $m; done\n"
)


def caps(image: str) -> Probe:
    script = f"set -e\n{_REMOUNT}mkdir -p /tmp/m; mount -t proc proc /tmp/m"
    return Probe(name="caps", image=image, script=script, host=CAPS)


def rootless(image: str) -> Probe:
    """Ubuntu's AppArmor lets anybody make a user namespace that can then do nothing.
    https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces"""
    return Probe(
        name="rootless",
        image=image,
        script="set -e\n"
        'f=/proc/sys/kernel/apparmor_restrict_unprivileged_userns; [ ! -r $f ] || [ "$(cat $f)" = 0 ] || '
        '{ echo "unshare: AppArmor restricts user namespaces"; exit 1; }\n'
        "unshare -U true\n"
        "mkdir -p /dev/net; [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200; : <>/dev/net/tun",
        host={
            "CapDrop": ["ALL"],
            "CapAdd": ["MKNOD", "CHOWN", "SETUID", "SETGID"],
            "MaskedPaths": [],
            "ReadonlyPaths": [],
            "SecurityOpt": ["apparmor=unconfined", f"{SECCOMP_FILE}podlab/rootless.json"],
        },
    )


NESTED_TIMEOUT_S: Final = 30

_NESTED: Final = """
dockerd-entrypoint.sh dockerd --host=unix:///var/run/docker.sock >/tmp/log 2>&1 &
tries=0
until version=$(docker version -f '{{.Server.Version}}' 2>/dev/null); do
  tries=$((tries + 1))
  [ $tries -lt 120 ] && kill -0 $! 2>/dev/null || { tail -n 5 /tmp/log; exit 1; }
  sleep 0.1
done
mkdir /tmp/e && : >/tmp/e/x && tar -C /tmp/e -c x | docker import - podlab-probe >/dev/null || exit 1
docker run --rm --network none -v /bin:/bin:ro -v /lib:/lib:ro -v /lib64:/lib64:ro -v /usr:/usr:ro podlab-probe \\
  /bin/true || exit 1
echo "Docker $version answers in a container of level $LEVEL, and runs a container of its own"
"""


def nested(image: str, level: Literal["privileged", "caps"]) -> Probe:
    """A daemon, and a container in it that is made of the daemon's own files: nothing is pulled."""
    is_privileged = level == "privileged"
    return Probe(
        name="nested",
        image=image,
        script=_NESTED if is_privileged else _REMOUNT + _NESTED,
        env=("DOCKER_TLS_CERTDIR=", f"LEVEL={level}"),
        host={"Privileged": True} if is_privileged else CAPS,
        timeout_s=NESTED_TIMEOUT_S,
    )
