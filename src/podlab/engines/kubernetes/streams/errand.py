"""Short commands that podlab itself runs in a container, mostly lines for its shell."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from podlab.engines.kubernetes.streams.opening import Place, explained, open_exec
from podlab.errors import PodlabError, Unavailable, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.kubernetes.streams.ending import Ending

MAX_OUTPUT_BYTES = 1 << 24


class Done(NamedTuple):
    """`errors` also has what the API says of a command that was not started."""

    out: bytes
    errors: bytes
    code: int


async def run(place: Place, command: Sequence[str]) -> Done:
    """`Unsupported` where the program is not in the container, `Conflict` where it does not run."""
    parts = {1: bytearray(), 2: bytearray()}
    channels = await open_exec(place, command, stdin=False, tty=False)
    with closing(channels):
        while piece := await channels.read():
            parts[piece[0]] += piece[1]
            if len(parts[piece[0]]) > MAX_OUTPUT_BYTES:
                raise Unavailable(f"`{command[0]}` in container '{place.container}' does not stop talking")
        ending = await channels.ended()
    if ending.was_absent or ending.code is None:
        raise await refused(place, command[0], ending)
    return Done(bytes(parts[1]), bytes(parts[2]) + ending.text.encode(), ending.code)


async def shell(place: Place, script: str, *arguments: str) -> Done:
    """`arguments` are the script's `$1`, `$2` …"""
    return await run(place, ["sh", "-c", script, "sh", *arguments])


async def refused(place: Place, program: str, ending: Ending) -> PodlabError:
    """Of a program that was not started."""
    if ending.was_absent:
        return Unsupported(
            f"container '{place.container}' of pod '{place.pod}' has no `{program}`, which this takes",
            subject=place.container,
            hint="take an image that has it; `podlab debug` brings its own programs along",
        )
    return await explained(place, Unavailable(ending.text, subject=place.container))
