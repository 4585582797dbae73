"""What a shell in the container does for us, with what busybox and every distribution have: `stat`, `head`, `wc`; for
listings `find` where there is one, for folders `tar` and `gzip`.

Words come as `path.escaped` writes them. Each script prints `READY` first: what answers otherwise is no shell of ours.
Names end with `//`, which no path of `./NAME` holds, so any name can be told from the next.
"""

from __future__ import annotations

from typing import Final

READY: Final = b"podlab files 1\n"

MISSING, NO_FOLDER, IS_FOLDER, EXISTS, CHANGED, GONE, SHORT, NO_FILE, NOT_EMPTY, DENIED = range(40, 50)
"""Exit codes."""

_BEGIN = r"""
printf 'podlab files 1\n'
taken() { word=$(printf '%b.' "$1"); word=${word%.}; case $word in /*) ;; *) word=$PWD/$word ;; esac; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
"""

LIST: Final = (
    _BEGIN
    + rf"""
if [ -n "$1" ]; then
  taken "$1"
  [ -e "$word" ] || exit {MISSING}
  [ -d "$word" ] || exit {NO_FOLDER}
  cd "$word" 2>/dev/null || exit {DENIED}
fi
[ -r . ] || exit {DENIED}
printf '%s//\n' "$PWD"
[ -w . ] && echo w || echo -
if command -v find >/dev/null; then
  find . ! -name . -prune -exec stat -c '%f %s %Y %n//' {{}} + 2>/dev/null
else
  stat -c '%f %s %Y %n//' ./* ./.[!.]* ./..?* 2>/dev/null
fi | head -c "$2"
"""
)
"""`[FOLDER] BYTES`: the folder, `w` or `-`, and each entry. Without a folder, the one where a shell begins."""

READ: Final = (
    _BEGIN
    + rf"""
taken "$1"
[ -e "$word" ] || exit {MISSING}
[ -d "$word" ] || [ -r "$word" ] || exit {DENIED}
stat -L -c '%f %s %Y' "$word"
[ -w "$word" ] && echo w || echo -
[ ! -f "$word" ] || head -c "$2" <"$word"
"""
)
"""`PATH BYTES`: what it is, and as much of a file."""

FILE: Final = (
    _BEGIN
    + rf"""
taken "$1"
[ -e "$word" ] || exit {MISSING}
[ -d "$word" ] && exit {IS_FOLDER}
[ -f "$word" ] || exit {NO_FILE}
[ -r "$word" ] || exit {DENIED}
size=$(stat -L -c %s "$word") || exit
echo "$size"
if [ "$size" -gt 0 ]; then head -c "$size" <"$word"; else cat <"$word"; fi
"""
)
"""`PATH`: its size and its content; a file of the kernel's has no size and a content all the same."""

FOLDER: Final = (
    _BEGIN
    + rf"""
taken "$1"
[ -e "$word" ] || exit {MISSING}
[ -d "$word" ] || exit {NO_FOLDER}
[ -r "$word" ] || exit {DENIED}
cd "${{word%/*}}/" || exit
command -v tar >/dev/null && command -v gzip >/dev/null || exit 127
tar -cf - "./${{word##*/}}" | gzip -c
"""
)
"""`PATH`: a tar.gz of it. What may not be read is left out of it."""

WRITE: Final = (
    _BEGIN
    + rf"""
taken "$1"
if [ -L "$word" ]; then
  word=$(readlink -f "$word" && echo .) || exit {MISSING}
  word=${{word%??}}
fi
path=$word folder=${{word%/*}}/
[ ! -d "$path" ] || exit {IS_FOLDER}
[ -d "$folder" ] || exit {MISSING}
[ ! -e "$path" ] || [ -f "$path" ] || exit {NO_FILE}
expect() {{
  case $1 in
    any) ;;
    new) ! there "$path" || exit {EXISTS} ;;
    *) [ -e "$path" ] || exit {GONE}
       [ "$(sha256sum <"$path")" = "$1  -" ] || exit {CHANGED} ;;
  esac
}}
expect "$3"
mask=$(umask) new=$folder.podlab-$4 beside=yes
set -C
umask 077
if ! true 2>/dev/null >"$new"; then
  beside=
  if [ -e "$path" ]; then [ -w "$path" ] || exit {DENIED}; new=${{TMPDIR:-/tmp}}/.podlab-$4; fi
  true >"$new" || exit
fi
set +C
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM PIPE
echo go
if ! said=$(head -c "$2" 2>&1 >"$new"); then
  printf '%s\n' "$said"
  cat >/dev/null
  exit 1
fi
echo taken
[ "$(wc -c <"$new")" -eq "$2" ] || exit {SHORT}
expect "$3"
if [ -e "$path" ]; then
  owner=$(stat -c %u:%g "$path") mode=$(stat -c %a "$path") names=$(stat -c %h "$path")
  {{
    [ -n "$beside" ] && [ "$names" = 1 ] && [ -w "$path" ] &&
      chown "$owner" "$new" && chmod "$mode" "$new" && mv -f "$new" "$path"
  }} 2>/dev/null || cat "$new" >"$path" || exit
else
  chmod "$(printf %o $((0666 & ~0$mask)))" "$new" && mv -f "$new" "$path" || exit
fi
stat -c '%f %s %Y' "$path"
"""
)
"""`PATH BYTES EXPECTED TOKEN`, and the content as input. It is written beside the file and takes its place when it is
whole, with its owner and mode. A file that has several names, or is in a folder where nothing may be made, is
overwritten instead. The script says `go`, reads, and says `taken` or why not. Then it goes on to read: where nobody
does, an engine breaks off, and what was said is lost."""

MAKE_FOLDER: Final = (
    _BEGIN
    + rf"""
taken "$1"
! there "$word" || exit {EXISTS}
[ -d "${{word%/*}}/" ] || exit {MISSING}
mkdir "$word"
"""
)

MOVE: Final = (
    _BEGIN
    + rf"""
taken "$1"; from=$word
taken "$2"
there "$from" || exit {MISSING}
! there "$word" || exit {EXISTS}
[ -d "${{word%/*}}/" ] || exit {MISSING}
mv "$from" "$word"
"""
)

REMOVE: Final = (
    _BEGIN
    + rf"""
taken "$1"
there "$word" || exit {MISSING}
if [ -L "$word" ] || [ ! -d "$word" ]; then rm -f "$word"
elif [ "$2" = all ]; then rm -rf "$word"
else
  for each in "$word"/* "$word"/.[!.]* "$word"/..?*; do there "$each" && exit {NOT_EMPTY}; done
  rmdir "$word"
fi
"""
)
"""`PATH all|empty`: a folder with all that is in it, or only if that is nothing."""
