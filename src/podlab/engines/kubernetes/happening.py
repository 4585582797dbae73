"""What happens to pods: seen by watching them, and told by the cluster's own Events.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.base import PodEvent
from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.find import OURS, Found
from podlab.engines.kubernetes.status import when
from podlab.engines.kubernetes.watching import Seen, Watch
from podlab.errors import NotFound
from podlab.record import EventRecord, Record

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client

_SEEN_OURSELVES: Final = {"Started", "Created", "Scheduled"}
"""Reasons of Events that say what the pod's own status says better."""
_OOM: Final = "OOMKilled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a container; two of them are known of each."""

    container: str
    id: str
    began_at: datetime | None
    ended_at: datetime | None = None
    exit_code: int = 0
    reason: str = ""
    is_ready: bool = False


def runs(found: Found, container: str = "") -> Iterator[Run]:
    """Of all containers or of one, the older one first."""
    status = found.get("status") or {}
    for part in ("initContainerStatuses", "containerStatuses"):
        for told in status.get(part) or ():
            if not container or told["name"] == container:
                yield from _runs_of(told)


def _runs_of(told: Mapping[str, Any]) -> Iterator[Run]:
    for state in (told.get("lastState") or {}, told.get("state") or {}):
        if ended := state.get("terminated"):
            yield Run(
                container=told["name"],
                id=str(ended.get("containerID") or ended.get("finishedAt") or ""),
                began_at=when(ended.get("startedAt")),
                ended_at=when(ended.get("finishedAt")) or datetime.now(UTC),
                exit_code=int(ended["exitCode"]),
                reason=str(ended.get("reason") or ""),
            )
        elif running := state.get("running"):
            yield Run(
                container=told["name"],
                id=str(told.get("containerID") or ""),
                began_at=when(running.get("startedAt")),
                is_ready=bool(told.get("ready")),
            )


async def watch(
    client: Client, name: str, *, since: datetime | None, follow: bool
) -> AsyncIterator[PodEvent]:
    """Of the past, what the pods that are there still show, and what the cluster's Events tell: an hour, usually."""
    watching = Watch(
        client, client.of("pods"), selector=OURS, fields=f"metadata.name={name}" if name else "", patience_s=0
    )
    there = await watching.begin()
    if since is not None or not follow:
        names = {str(each["metadata"]["name"]) for each in there}
        past = [event for each in there for event in _past(each)]
        past += [_told(each) for each in await _events(client, name) if _pod_of(each) in names]
        for event in sorted(past, key=lambda event: event.at):
            if since is None or event.at >= since:
                yield event
    if not follow:
        return
    async for seen in watching.changes():
        for event in between(seen):
            yield event


def between(seen: Seen) -> Iterator[PodEvent]:
    """What has become of the pod between two looks. Pure, but for the time of what has none."""
    now = datetime.now(UTC)
    before, after = seen
    if after is None:
        if before is not None:
            for run in runs(before):
                if run.ended_at is None:
                    yield _event(before, run.container, "die", now)
            yield _event(before, "", "destroy", now)
        return
    if before is None:
        yield _event(after, "", "create", when(after["metadata"].get("creationTimestamp")) or now)
    known = {run.id: run for run in runs(before)} if before else {}
    for run in runs(after):
        yield from _of_run(after, known.get(run.id), run, now)
    if _is_leaving(after) and not (before and _is_leaving(before)):
        yield _event(after, "", "stop", now)


def _of_run(found: Found, before: Run | None, run: Run, now: datetime) -> Iterator[PodEvent]:
    if before is None:
        yield _event(found, run.container, "start", run.began_at or now)
    if run.ended_at is not None and (before is None or before.ended_at is None):
        if run.reason == _OOM:
            yield _event(found, run.container, "oom", run.ended_at)
        yield _event(
            found, run.container, "die", run.ended_at, exitCode=str(run.exit_code), reason=run.reason
        )
    elif run.ended_at is None and run.is_ready != (before.is_ready if before else False):
        yield _event(found, run.container, "ready" if run.is_ready else "unready", now)


def _past(found: Found) -> Iterator[PodEvent]:
    """What a pod that is there still tells of its own past."""
    created = when(found["metadata"].get("creationTimestamp")) or datetime.now(UTC)
    yield _event(found, "", "create", created)
    for run in runs(found):
        yield from (each for each in _of_run(found, None, run, created) if each.action != "ready")


def _is_leaving(found: Found) -> bool:
    return bool(found["metadata"].get("deletionTimestamp"))


def _event(found: Found, container: str, action: str, at: datetime, **attributes: str) -> PodEvent:
    return PodEvent(
        at=at, pod=found["metadata"]["name"], container=container, action=action, attributes=attributes
    )


# --- the cluster's Events


async def _events(client: Client, name: str) -> list[Found]:
    fields = "involvedObject.kind=Pod" + f",involvedObject.name={name}" * bool(name)
    found, _ = await find.everything(client, client.of("events"), fields=fields)
    return [each for each in found if each.get("reason") not in _SEEN_OURSELVES]


def _pod_of(event: Mapping[str, Any]) -> str:
    return str((event.get("involvedObject") or {}).get("name") or "")


def _container_of(event: Mapping[str, Any]) -> str:
    """From `spec.containers{app}`."""
    path = str((event.get("involvedObject") or {}).get("fieldPath") or "")
    return path.partition("{")[2].rstrip("}")


def _at(event: Mapping[str, Any]) -> datetime:
    for key in ("eventTime", "lastTimestamp", "firstTimestamp"):
        if at := when(event.get(key)):
            return at
    return when(event["metadata"].get("creationTimestamp")) or datetime.now(UTC)


def _told(event: Mapping[str, Any]) -> PodEvent:
    attributes = {"message": str(event.get("message") or "")}
    attributes |= {"type": str(event["type"])} if event.get("type") else {}
    return PodEvent(
        at=_at(event),
        pod=_pod_of(event),
        container=_container_of(event),
        action=str(event.get("reason") or ""),
        attributes=attributes,
    )


async def record(client: Client, name: str) -> Record:
    """The Events of this very pod: what a kubelet has noted, which nobody else writes."""
    found = await find.pod(client, name)
    fields = f"involvedObject.kind=Pod,involvedObject.name={name},involvedObject.uid={find.uid(found)}"
    events, _ = await find.everything(client, client.of("events"), fields=fields)
    made = Record()
    for each in sorted(events, key=_at):
        made = made.with_event(
            EventRecord(
                at=_at(each).timestamp(),
                reason=str(each.get("reason") or ""),
                container=_container_of(each),
                message=str(each.get("message") or ""),
                is_warning=each.get("type") == "Warning",
                count=int(each.get("count") or (each.get("series") or {}).get("count") or 1),
            )
        )
    return made


async def exit_code(client: Client, name: str, container: str) -> int:
    """Of the run that is under way or comes next; of the last one where it backs off."""
    return await exit_code_of(client, await find.container(client, name, container), container)


async def exit_code_of(client: Client, found: Found, container: str) -> int:
    """The same, of the run that was under way or came next when the pod was found so."""
    name = found["metadata"]["name"]
    running = next((run.id for run in runs(found, container) if run.ended_at is None), "")
    watching = Watch(client, client.of("pods"), fields=f"metadata.name={name}")
    watching.begin_with(found)
    if (code := _ended(found, container, running)) is not None:
        return code
    async for seen in watching.changes():
        if seen.after is None or find.uid(seen.after) != find.uid(found):
            raise NotFound(
                f"pod '{name}' was removed while container '{container}' was waited for", subject=name
            )
        if (code := _ended(seen.after, container, running)) is not None:
            return code
    raise AssertionError  # pragma: no cover


def _ended(found: Found, container: str, id: str) -> int | None:
    """How that run ended, or without an id the newest; None where it has not. Of a run that is forgotten already the
    oldest that is known."""
    told = list(runs(found, container))
    if not id:
        return told[-1].exit_code if told and told[-1].ended_at else None
    of = next((run for run in told if run.id == id), told[0] if told else None)
    return of.exit_code if of is not None and of.ended_at is not None else None
