"""What happened to a pod, and when: what podlab noted (restarts, probes, repairs), as kubectl tells events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podlab.engines.base import PodEvent

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.record import EventRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`reason` is Kubernetes' word, such as `BackOff`. It happened `count` times, the last one `at`. `container` is
    empty for what concerns the whole pod."""

    at: datetime
    type: str
    reason: str
    pod: str
    container: str
    message: str
    count: int


async def history(engine: Engine, pod: str) -> list[Happening]:
    """In order of time, at most the last 100. `NotFound` where there is no such pod."""
    record = await engine.record(pod)
    return sorted((_of(pod, each) for each in (record.events if record else ())), key=lambda each: each.at)


async def told(engine: Engine, pod: str, since: datetime) -> list[PodEvent]:
    """The same among the engine's own events: `action` is the reason."""
    return [
        PodEvent(
            at=each.at, pod=pod, container=each.container, action=each.reason,
            attributes={"message": each.message, "count": str(each.count)},
        )
        for each in await history(engine, pod)
        if each.at >= since
    ]  # fmt: skip


def _of(pod: str, event: EventRecord) -> Happening:
    return Happening(
        at=datetime.fromtimestamp(event.at, UTC), type="Warning" if event.is_warning else "Normal",
        reason=event.reason, pod=pod, container=event.container, message=event.message, count=event.count,
    )  # fmt: skip
