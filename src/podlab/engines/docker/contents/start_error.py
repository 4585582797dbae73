"""Why a container's command could not be started, where the engine's init was started instead.

With an init as PID 1 an engine starts every container, and it is the init that finds no command: it says so on the
container's output, and ends, Docker's as a shell would, Podman's with 1. Kubernetes calls it a StartError, of exit code
128.
https://github.com/krallin/tini/blob/v0.19.0/src/tini.c (`spawn`)
https://github.com/openSUSE/catatonit/blob/v0.2.0/catatonit.c (`spawn_pid1`)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from podlab.engines.docker.streams.logs import logs
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.api.features import Features

_DOCKERS, _PODMANS = (126, 127), (1,)
_TINI: Final = re.compile(r"\[FATAL tini \(\d+\)\] exec (?P<command>.*) failed: (?P<why>.*)")
_CATATONIT: Final = re.compile(r"ERROR \(catatonit:\d+\): failed to exec pid1: (?P<why>.*)")


def may_be(exit_code: int | None, features: Features) -> bool:
    """Whether the init ends so where it finds no command; a container's own command may, too. Pure."""
    return exit_code in (_DOCKERS if features.speaks_docker else _PODMANS)


def said(line: str, command: str) -> str:
    """What the init's last line tells of that command; nothing where it is somebody else's line. Pure."""
    match = _TINI.fullmatch(line.strip()) or _CATATONIT.fullmatch(line.strip())
    if match is None or match.groupdict().get("command", command) != command:
        return ""
    why = match["why"][:1].lower() + match["why"][1:]
    return f'unable to start container process: exec: "{command}": {why}'


async def start_error(client: Client, id: str, command: str) -> str:
    """Of a container that has ended so that it `may_be`. Nothing where its command was started, or where its log
    cannot be read: that is no reason to fail."""
    try:
        lines = [line.text async for line in logs(client, id, tail=1)]
    except PodlabError:
        return ""
    return said(lines[-1].decode(errors="replace"), command) if lines else ""
