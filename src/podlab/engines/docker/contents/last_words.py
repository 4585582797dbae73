"""The file in which a container leaves its last words: made before the container, read when it has ended."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from podlab.engines.docker import translate
from podlab.engines.docker.contents.opener import opened, put, tar_of
from podlab.engines.docker.streams.logs import logs
from podlab.engines.docker.translate.last_words import FILE, words_of
from podlab.errors import PodlabError
from podlab.node import termination

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Pod

_FOR_ALL: Final = 0o666
_MOST_READ_BYTES: Final = 1 << 20
"""Of a larger file the beginning counts, not the end."""
_LATE_S, _LATE_AGAIN_S = 2.0, 0.1
"""An engine notes a start after the container's first steps, on a busy machine long after. Where it has started the
container again by itself, the last words of the run before were but a moment ago."""


async def make_file(client: Client, pod: Pod, volume: str, image: str) -> None:
    """An empty one that every user may write, in the volume."""
    async with opened(client, translate.opener(pod, volume, image)) as id:
        await put(client, id, translate.OPENER, tar_of({FILE: b""}, mode=_FOR_ALL))


async def last_words(
    client: Client, id: str, label: str, *, started_at: datetime | None, restarts: int, exit_code: int | None
) -> str:
    """Of a container that has ended, in its last run. Nothing where they cannot be read: they are no reason to fail."""
    said = words_of(label)
    late = timedelta(seconds=_LATE_AGAIN_S if restarts else _LATE_S)
    try:
        file = await _file(client, id, said.path, started_at and started_at - late)
    except PodlabError:
        file = b""
    log = b""
    if termination.needs_log(said, file, exit_code):
        try:
            lines = [line.text async for line in logs(client, id, tail=termination.LOG_LINES)]
        except PodlabError:
            lines = []
        log = b"".join(line + b"\n" for line in lines)
    return termination.message(file, log)


async def words_before(client: Client, id: str, label: str, *, ended_at: datetime | None) -> str:
    """What a container left that the engine has restarted once: the run since then has not written to the file yet."""
    try:
        file = await _file(client, id, words_of(label).path, None, until=ended_at)
    except PodlabError:
        file = b""
    return termination.message(file)


async def _file(
    client: Client, id: str, path: str, since: datetime | None, *, until: datetime | None = None
) -> bytes:
    """Empty where it was written before `since`, or after `until`: a container that the engine starts again keeps its
    file."""
    query = {"path": path if client.features.subpaths_last else f"{path}/{FILE}"}
    async with client.request("GET", f"/containers/{id}/archive", query=query) as response:
        stat = json.loads(base64.b64decode(response.headers["x-docker-container-path-stat"]))
        written_at = datetime.fromisoformat(stat["mtime"])
        if not stat["size"] or (since and written_at < since) or (until and written_at > until):
            return b""
        tar = b""
        async for chunk in response.chunks():
            tar += chunk
            if len(tar) > _MOST_READ_BYTES:
                return tar[512 : 512 + termination.MAX_BYTES]
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        member = archive.next()
        content = archive.extractfile(member) if member else None
        return content.read() if content else b""
