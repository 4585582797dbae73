"""What happened to a pod, and when: what podlab noted (restarts, probes, repairs) and what the engine remembers, as
kubectl tells events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

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


async def notes(engine: Engine, pod: str) -> list[Happening]:
    """What podlab noted, in order of time, at most the last 100. `NotFound` where there is no such pod."""
    record = await engine.record(pod)
    return sorted((_of(pod, each) for each in (record.events if record else ())), key=lambda each: each.at)


async def history(engine: Engine, pod: str) -> list[Happening]:
    """That, and of what the engine remembers what is not among it, in order of time."""
    noted = await notes(engine, pod)
    since = (await engine.get(pod)).created_at
    if since is None:
        return noted
    seen = [
        happening
        async for event in engine.watch(pod, since=since, follow=False)
        for happening in _seen(event)
    ]
    new = [each for each in seen if not any(_is_same(each, other) for other in noted)]
    return sorted([*noted, *new], key=lambda each: each.at)


_REASONS: Final = {
    "create": "Created", "start": "Started", "die": "Exited", "oom": "OOMKilling", "stop": "Stopped",
    "pause": "Paused", "unpause": "Unpaused", "destroy": "Removed", "kill": "Killing",
}  # fmt: skip
_SAME_S: Final = 3.0


def _seen(event: PodEvent) -> list[Happening]:
    """Nothing for what concerns no container of the pod, or is not worth a line."""
    reason = _REASONS.get(event.action)
    if reason is None or not event.container:
        return []
    code = event.attributes.get("exitCode", "")
    is_warning = reason == "OOMKilling" or (reason == "Exited" and code not in ("", "0"))
    message = f"exit code {code}" if code and reason == "Exited" else ""
    if reason == "Killing" and (signal := event.attributes.get("signal")):
        message = f"signal {signal}"
    return [
        Happening(
            at=event.at, type="Warning" if is_warning else "Normal", reason=reason, pod=event.pod,
            container=event.container, message=message, count=1,
        )
    ]  # fmt: skip


def _is_same(seen: Happening, noted: Happening) -> bool:
    is_near = abs((seen.at - noted.at).total_seconds()) <= _SAME_S
    return is_near and (seen.container, seen.reason) == (noted.container, noted.reason)


async def told(engine: Engine, pod: str, since: datetime) -> list[PodEvent]:
    """The same among the engine's own events: `action` is the reason."""
    return [
        PodEvent(
            at=each.at, pod=pod, container=each.container, action=each.reason,
            attributes={"message": each.message, "count": str(each.count)},
        )
        for each in await notes(engine, pod)
        if each.at >= since
    ]  # fmt: skip


def _of(pod: str, event: EventRecord) -> Happening:
    return Happening(
        at=datetime.fromtimestamp(event.at, UTC), type="Warning" if event.is_warning else "Normal",
        reason=event.reason, pod=pod, container=event.container, message=event.message, count=event.count,
    )  # fmt: skip
