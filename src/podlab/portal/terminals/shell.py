"""The command of a terminal: a shell inside tmux where the container has it, else the shell alone.

An engine keeps no way back into a command whose connection was dropped. Inside tmux the shell belongs to tmux's
server in the container, so it is there again, screen and scrollback too, after the portal or the engine's
connection has gone. A shell alone lives as long as the portal does.

The tmux is podlab's own (`-L podlab`, no configuration of the user's) and cannot be seen: no status line, no prefix
key, no mouse, no alternate screen (`smcup@`), so that scrolling, selecting and every key are the browser's.
"""

from __future__ import annotations

import re

from podlab.errors import Invalid

ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

_SERVER = "tmux -u -L podlab -f /dev/null"

_OPEN = rf"""
name=$1; shift
[ $# -gt 0 ] || if command -v bash >/dev/null 2>&1; then set -- bash; else set -- sh; fi
command -v tmux >/dev/null 2>&1 && [ -w "${{TMUX_TMPDIR:-/tmp}}" ] || exec "$@"
if {_SERVER} has-session -t "=$name" 2>/dev/null; then
  {_SERVER} capture-pane -ep -S - -E -1 -t "=$name:"
  rows=$(stty size); n=0
  while [ "$n" -lt "${{rows%% *}}" ]; do echo; n=$((n+1)); done
fi
exec {_SERVER} start-server \; set -g status off \; set -g prefix None \; set -g prefix2 None \; \
  set -g mouse off \; set -g history-limit 10000 \; set -g escape-time 0 \; set -g focus-events on \; \
  set -g default-terminal screen-256color \; set -g window-size latest \; set -g set-clipboard off \; \
  set -g terminal-overrides 'xterm*:smcup@:rmcup@:Tc' \; \
  new-session -A -D -s "$name" -- sh -c 'unset TMUX TMUX_PANE; exec "$@"' sh "$@"
"""

_CLOSE = rf"""
command -v tmux >/dev/null 2>&1 || exit 0
leaders=$({_SERVER} list-panes -s -t "=$1" -F '#{{pane_pid}}' 2>/dev/null) || exit 0
in_session() {{
  for each in /proc/[0-9]*; do
    {{ read -r line <"$each/stat"; }} 2>/dev/null || continue
    set -- ${{line##*) }}
    case " "$leaders" " in *" $4 "*) [ "$1" = Z ] || echo "${{each#/proc/}}" ;; esac
  done
}}
leaders=$(echo $leaders)
{_SERVER} kill-session -t "=$1"
left=$(in_session); [ -z "$left" ] || kill -HUP $left 2>/dev/null
n=0
while left=$(in_session); [ -n "$left" ] && [ "$n" -lt 10 ]; do sleep 0.1; n=$((n+1)); done
[ -z "$left" ] || kill -KILL $left 2>/dev/null
sleep 0.05
[ -z "$(in_session)" ]
"""


def checked(name: str) -> str:
    """The name of a session, or `Invalid`."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be the name of a terminal",
            subject=name,
            hint="a-z, 0-9 and -, at most 32 of them",
        )
    return name


def opening(name: str, command: tuple[str, ...] = ()) -> list[str]:
    """Opens the session, or takes it up again. Without a command, the best shell that the container has."""
    return ["sh", "-c", _OPEN, "sh", name, *command]


def closing(name: str) -> list[str]:
    """Ends what tmux keeps of the session, and all that was started in it; leaves with 1 where something is
    left. Nothing to do is no error."""
    return ["sh", "-c", _CLOSE, "sh", name]
