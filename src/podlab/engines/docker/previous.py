"""What the run of a container wrote that was before its last one."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from podlab.engines.docker import find
from podlab.engines.docker.streams.logs import logs
from podlab.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from podlab.engines.base import LogLine
    from podlab.engines.docker.api import Client
    from podlab.engines.docker.found import FoundContainer, FoundPod


async def previous_logs(
    client: Client, pod: str, container: str, *, tail: int | None, since: datetime | None
) -> AsyncGenerator[LogLine, None]:
    """Of the container that was set aside, else of this one's own log what is older than its last run. An engine tells
    when the run before ended; when that began, only the pod's record does, where an agent has written one."""
    found = await find.pod(client, pod)
    if former := found.former.get(container):
        id, until = former.id, None
    else:
        member = found.members.get(container)
        if member is None:
            raise await _missing(client, pod, container)
        id, until = member.id, _end_before(member)
        if until is None or not _ran_before(found, member, container):
            raise NotFound(
                f"container '{container}' of pod '{pod}' has not been restarted: no run was before this one",
                subject=container,
            )
        since = max(filter(None, [since, _began(found, container, until)]), default=None)
    kept: deque[LogLine] = deque(maxlen=tail)
    async for line in logs(client, id, since=since):
        if until is None or line.at is None or line.at <= until:
            kept.append(line)
    for line in kept:
        yield line


def _end_before(member: FoundContainer) -> datetime | None:
    return member.finished_at if member.state in ("running", "paused") else member.started_at


def _ran_before(found: FoundPod, member: FoundContainer, container: str) -> bool:
    """A container that runs and has ended at some time did so before; of one that has ended, its restarts tell."""
    if member.state in ("running", "paused"):
        return True
    record = found.record()
    return bool(member.restart_count or (record and record.of(container).restarts))


def _began(found: FoundPod, container: str, ended: datetime) -> datetime | None:
    record = found.record()
    last = record.of(container).last if record else None
    if last is None or last.started_at is None or last.finished_at is None:
        return None
    is_that_run = abs(last.finished_at - ended.timestamp()) < 1
    return datetime.fromtimestamp(last.started_at, ended.tzinfo) if is_that_run else None


async def _missing(client: Client, pod: str, container: str) -> NotFound:
    try:
        await find.listed_container(client, pod, container)
    except NotFound as error:
        return error
    return NotFound(f"container '{container}' of pod '{pod}' was removed meanwhile", subject=pod)
