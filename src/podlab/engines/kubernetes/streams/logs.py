"""What a container has written, line by line, as its node has kept it."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podlab.engines.base import LogLine
from podlab.engines.kubernetes.streams.opening import Place
from podlab.errors import Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from podlab.engines.kubernetes.client import Client, Query

MAX_LINE_BYTES = 1 << 20
"""A longer line comes in pieces of at least this size, each a line of its own."""
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ")
_SPLIT_BYTES = 1 << 14
"""Runtimes keep a longer line in parts, and kubelets before 1.27 stamp each with a time.
https://github.com/kubernetes/kubernetes/issues/77603"""
_AGAIN_S = 0.2


async def logs(
    client: Client, pod: str, container: str, *, follow: bool = False, tail: int | None = None,
    since: datetime | None = None, previous: bool = False,
) -> AsyncIterator[LogLine]:  # fmt: skip
    """Of the last two runs of the container, which is what a node keeps, or of the `previous` one alone. All lines are
    said to be of stream 1: the API mixes both. With `follow` until the container ends, also of one that has not begun.

    `tail` counts parts of 16 KiB where lines are longer. A node may have rotated away what is older than 10 MiB.
    https://kubernetes.io/docs/concepts/cluster-administration/logging/
    """
    place = Place(client, pod, container)
    found = await place.found()
    if previous:
        if not found.status.get("restartCount"):
            raise NotFound(
                f"container '{container}' of pod '{pod}' was never started again: there is one log",
                subject=container, hint="leave --previous out",
            )  # fmt: skip
        async for line in _lines(place, follow=False, tail=tail, since=since, previous=True):
            yield line
        return
    while follow and "waiting" in (found.status.get("state") or {"waiting": None}) and not found.has_run:
        await asyncio.sleep(_AGAIN_S)
        found = await place.found()
    if not found.has_run:
        return
    if found.status.get("restartCount") and tail != 0:
        async for line in _before(place, tail, since):
            yield line
    async for line in _lines(place, follow=follow, tail=tail, since=since):
        yield line


async def _before(place: Place, tail: int | None, since: datetime | None) -> AsyncIterator[LogLine]:
    """Of the run before the last restart, at most what the present one leaves of `tail`."""
    if tail is not None:
        present = [1 async for _ in _lines(place, follow=False, tail=tail, since=since)]
        tail -= len(present)
        if tail <= 0:
            return
    try:
        async for line in _lines(place, follow=False, tail=tail, since=since, previous=True):
            yield line
    except (Invalid, NotFound, Unavailable):
        return  # the node has removed that run


async def _lines(
    place: Place, *, follow: bool, tail: int | None, since: datetime | None, previous: bool = False
) -> AsyncIterator[LogLine]:
    query: dict[str, str | int | bool] = {
        "container": place.container, "timestamps": True, "follow": follow, "previous": previous,
    }  # fmt: skip
    if tail is not None:
        query["tailLines"] = tail
    if since is not None:  # of whole seconds
        query["sinceTime"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    async for line in _stamped(place, query):
        if since is None or line.at is None or line.at >= since:
            yield line


async def _stamped(place: Place, query: Query) -> AsyncIterator[LogLine]:
    lines = Lines()
    client = place.client
    async with client.stream("GET", client.pod(place.pod, "log"), query=query) as response:
        async for chunk in response.content.iter_any():
            for line in lines.feed(chunk):
                yield line
    for line in lines.end():
        yield line


class Lines:
    """Each begins with its time, and each part of a long one may have a time in its midst."""

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self._parts_bytes = 0

    def feed(self, chunk: bytes) -> list[LogLine]:
        first, *more = chunk.split(b"\n")
        found = []
        for rest in more:
            found.append(self._whole(first))
            first = rest
        self._parts.append(first)
        self._parts_bytes += len(first)
        if self._parts_bytes >= MAX_LINE_BYTES:
            found.append(self._whole(b""))
        return found

    def end(self) -> list[LogLine]:
        return [self._whole(b"")] if self._parts_bytes else []

    def _whole(self, last: bytes) -> LogLine:
        line = b"".join([*self._parts, last])
        self._parts.clear()
        self._parts_bytes = 0
        at, text = _time(line)
        end = _SPLIT_BYTES
        while stamp := _STAMP.match(text, end):
            text = text[:end] + text[stamp.end() :]
            end += _SPLIT_BYTES
        return LogLine(at=at, stream=1, text=text.removesuffix(b"\r"))


def _time(line: bytes) -> tuple[datetime | None, bytes]:
    """Kubernetes has nanoseconds, Python microseconds."""
    found = _STAMP.match(line)
    if not found:
        return None, line
    zone = found[3].decode().replace("Z", "+00:00")
    fraction = (found[2] or b"0").decode()[:6]
    at = datetime.fromisoformat(f"{found[1].decode()}.{fraction:0<6}{zone}").astimezone(UTC)
    return at, line[found.end() :]
