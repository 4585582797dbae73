"""Signals to a command that was started by exec: the API has none. The container's own shell sends them."""

from __future__ import annotations

import re
import signal as signals
from typing import TYPE_CHECKING

from podlab.engines.kubernetes.streams.errand import shell
from podlab.engines.sessions import END, TO_GROUP
from podlab.errors import Conflict, Invalid, Unsupported

if TYPE_CHECKING:
    from podlab.engines.kubernetes.streams.opening import Place

_SIGNAL = re.compile(r"[A-Z][A-Z0-9]{1,9}")
# Where containers share their processes, number 1 is the pod's. The first of this container was started from outside,
# as this shell is (0 is its parent), but earlier (field 22). https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
_TO_FIRST = """
name=$1 number=$2
read -r mine </proc/self/cgroup
first= since=
for each in /proc/[0-9]*; do
  { read -r its <"$each/cgroup" && read -r line <"$each/stat"; } 2>/dev/null || continue
  [ "$its" = "$mine" ] || continue
  set -- ${line##*) }
  if [ "$2" = 0 ] && { [ -z "$first" ] || [ "${20}" -lt "$since" ]; }; then first=${each#/proc/} since=${20}; fi
done
first=${first:-1}
if [ "$first" = 1 ]; then
  caught=0
  while read -r key value; do [ "$key" != SigCgt: ] || caught=$value; done </proc/1/status
  [ $((0x$caught >> (number - 1) & 1)) = 1 ] || exit 99
fi
kill -s "$name" "$first"
"""
_NOT_TAKEN = 99


async def signal_first(place: Place, name: str) -> None:
    """To the container's first process, from inside it: there is no other way. `Conflict` where it does not run,
    `Invalid` where there is no such signal, `Unsupported` for what the kernel keeps from the first process of a
    namespace: what it has no handler for. https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
    """
    done = await shell(place, _TO_FIRST, checked(name), str(_number(name)))
    if done.code == _NOT_TAKEN:
        raise Unsupported(
            f"the first process of container '{place.container}' of pod '{place.pod}' takes no {name}: it has no "
            "handler for it, and Kubernetes has no other way to send one",
            subject=place.container,
            hint="`podlab down` removes the pod; where containers share their processes, all signals arrive",
        )
    if done.code:
        raise Conflict(
            f"cannot send {name} to container '{place.container}' of pod '{place.pod}': "
            + done.errors.decode(errors="replace").strip(),
            subject=place.container,
        )


async def signal_group(place: Place, pid: int, name: str) -> None:
    """To a process and all of its group, as a terminal's Ctrl-C does. One that has ended is not an error."""
    await shell(place, TO_GROUP, checked(name), str(pid))


async def end_session(place: Place, pid: int) -> None:
    """HUP to all processes of the terminal session that this one leads, and KILL after a second. `Conflict` where
    one is left even then."""
    if (await shell(place, END, str(pid))).code:
        raise Conflict("processes of the terminal are still there after KILL", subject=place.container)


def _number(name: str) -> int:
    found = signals.Signals.__members__.get(f"SIG{name}")
    if found is None:
        raise Invalid(f"there is no signal {name!r}", subject=name)
    return int(found)


def checked(name: str) -> str:
    if not _SIGNAL.fullmatch(name):
        raise Invalid(f"{name!r} is not the name of a signal", subject=name, hint="such as INT, TERM or HUP")
    return name
