"""How a command and its terminal's session are signalled: scripts for any POSIX shell that sees their processes."""

from typing import Final

TO_GROUP: Final = 'kill -s "$1" -- "-$2" 2>/dev/null || kill -s "$1" "$2"'
"""`sh -c TO_GROUP sh SIGNAL PID`. Runtimes make an exec's process the leader of a session, so of a group of that
number."""
END: Final = """
cd /proc
leader=$1
left() {
  for each in "$@"; do
    { read -r line <"$each/stat"; } 2>/dev/null || continue
    set -- ${line##*) }  # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: state ppid pgrp session
    [ "$4" != "$leader" ] || [ "$1" = Z ] || echo "$each"
  done
}
for signal in HUP KILL KILL; do
  found=$(left [0-9]*)
  [ -n "$found" ] || exit 0
  kill -s $signal $found 2>/dev/null
  n=0
  while found=$(left $found); [ -n "$found" ] && [ $n -lt 10 ]; do sleep 0.1; n=$((n+1)); done
done
[ -z "$(left [0-9]*)" ]
"""
"""`sh -c END sh PID`: HUP to all of the session that it leads, and KILL to what is left after a second; fails where
something is left even then. All processes are looked at once for each signal, then only those that got it."""
