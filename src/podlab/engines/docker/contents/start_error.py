"""Why a container's command could not be started, where the engine's init was started instead.

With an init as PID 1 an engine starts every container, and it is the init that finds no command: it says so on the
container's output, and ends as a shell would. https://github.com/krallin/tini/blob/v0.19.0/src/tini.c (`spawn`)
Kubernetes calls that a StartError, with exit code 128.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from podlab.engines.docker.streams.logs import logs
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client

EXIT_CODES: Final = (126, 127)
"""Of a command that may not be run, and of one that is not there. A container's own may end so, too."""
_SAID: Final = re.compile(r"\[FATAL tini \(\d+\)\] exec (.*) failed: (.*)")


def said(line: str, command: str) -> str:
    """What the init's last line tells of that command; nothing where it is somebody else's line. Pure."""
    match = _SAID.fullmatch(line.strip())
    if match is None or match[1] != command:
        return ""
    why = match[2][:1].lower() + match[2][1:]
    return f'unable to start container process: exec: "{command}": {why}'


async def start_error(client: Client, id: str, command: str) -> str:
    """Of a container that has ended with one of `EXIT_CODES`. Nothing where its command was started, or where its log
    cannot be read: that is no reason to fail."""
    try:
        lines = [line.text async for line in logs(client, id, tail=1)]
    except PodlabError:
        return ""
    return said(lines[-1].decode(errors="replace"), command) if lines else ""
