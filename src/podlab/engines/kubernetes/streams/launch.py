"""How a command is started in a container. Pure.

The API starts programs, and nothing else: no environment, no folder, no size of the terminal, no number by which to
signal it, and before v5 of its protocol no end of an input. All of that is done by a few lines for the container's own
`sh`, which then becomes the command. Everything of the user is an argument of these lines, never a part of them.
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-connect-get-requests-of-exec
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from podlab.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.base import ExecOptions

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_GREETING = re.compile(rb"podlab:(\d+):([df])\r?\n")
_GREETING_BYTES = 64

_BEFORE = """
podlab_n=$1; shift
while [ "$podlab_n" -gt 0 ]; do export "$1"; shift; podlab_n=$((podlab_n-1)); done
unset podlab_n
[ -z "$1" ] || { cd -- "$1" && unset OLDPWD; } || exit 126
shift
"""
_PLAIN = f"""{_BEFORE}
echo "podlab:$$:d" >&2
exec "$@"
"""
_TERMINAL = f"""{_BEFORE}
[ -z "$1" ] || stty cols "$1" rows "$2" 2>/dev/null
shift 2
echo "podlab:$$:d"
exec "$@"
"""
_UNSEEN = f"""{_BEFORE}
command -v "$1" >/dev/null || {{ echo "$1: not found"; exit 127; }}
( exec "$@" ) </dev/null >/dev/null 2>&1 &
echo "podlab:$!:d" >&2
"""
# The first line of the input says how it goes on. `raw`: it has an end of its own. `fed`: it comes in parts, each after
# a line with its length, and 0 is its end. A feeder passes them on, and its pipe ends with it. It has to go when the
# command does, also where more input could come, since the shell waits for both. SIGPIPE is what shells do not talk
# about. Shells and feeder survive other signals, which are meant for the command.
_WITH_INPUT = f"""{_BEFORE}
read -r podlab_mode
[ "$podlab_mode" != raw ] || {{ unset podlab_mode; echo "podlab:$$:d" >&2; exec "$@"; }}
dd bs=1 count=0 iflag=fullblock </dev/null >/dev/null 2>&1 || {{ echo "podlab:$$:d" >&2; exec "$@"; }}
trap : HUP INT QUIT TERM USR1 USR2 ALRM
echo "podlab:$$:f" >&2
{{
  trap '' HUP INT QUIT TERM USR1 USR2 ALRM
  read -r podlab_self podlab_rest </proc/self/stat; echo "$podlab_self"
  while read -r podlab_size && [ "$podlab_size" != 0 ]; do
    dd bs="$podlab_size" count=1 iflag=fullblock 2>/dev/null || exec cat >/dev/null
  done
}} | {{
  trap : HUP INT QUIT TERM USR1 USR2 ALRM
  read -r podlab_feeder
  exec 3>&2 2>/dev/null
  ( exec 2>&3 3>&-; unset podlab_feeder; exec "$@" )
  podlab_code=$?
  kill -s PIPE "$podlab_feeder"
  exit "$podlab_code"
}}
"""


def wrapped(command: Sequence[str], options: ExecOptions) -> list[str]:
    """A command with input that is not a terminal's waits for `RAW` or `FED`, and after `FED`, if the greeting agrees,
    takes its input as `part` and `END` say."""
    script = _PLAIN
    size: list[str] = []
    if options.detach:
        script = _UNSEEN
    elif options.tty:
        script = _TERMINAL
        size = [str(each) for each in options.size] if options.size else ["", ""]
    elif options.stdin:
        script = _WITH_INPUT
    exported = [f"{name}={value}" for name, value in options.env.items() if _NAME.fullmatch(name)]
    others = [f"{name}={value}" for name, value in options.env.items() if not _NAME.fullmatch(name)]
    if others:  # a shell has no such variables
        command = ["env", *others, *command]
    return [
        "sh", "-c", script, "sh", str(len(exported)), *exported, options.workdir, *size, *command
    ]  # fmt: skip


def bare(command: Sequence[str], options: ExecOptions) -> list[str]:
    """Where there is no shell. `Unsupported` for what would need one."""
    if options.env or options.workdir or options.detach:
        what = (
            "an environment" if options.env else "a folder" if options.workdir else "nobody who waits for it"
        )
        raise Unsupported(
            f"a command with {what} needs a shell in the container, and there is no `sh`",
            hint="`podlab debug` brings one along",
        )
    return list(command)


RAW: Final = b"raw\n"
FED: Final = b"fed\n"
END: Final = b"0\n"


def part(data: bytes) -> bytes:
    return b"%d\n" % len(data) + data


class Greeting(NamedTuple):
    """What the lines above say before they become the command: its number in the container, and whether it is fed.
    `rest` is its first output."""

    pid: int
    is_fed: bool
    rest: bytes


def greeting(said: bytes) -> Greeting | None:
    """None as long as it is not whole."""
    found = _GREETING.search(said)
    return found and Greeting(int(found[1]), found[2] == b"f", said[: found.start()] + said[found.end() :])


def is_greeting(said: bytes) -> bool:
    """Whether it may still become one."""
    return len(said) < _GREETING_BYTES
