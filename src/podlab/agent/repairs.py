"""What a repair leaves in the pod's record: that one is under way, so that another agent goes on with it, and what was
done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from podlab import naming
from podlab.engines.base import NEW_NAMESPACES
from podlab.errors import NotFound, Overtaken
from podlab.record import EventRecord, Record

if TYPE_CHECKING:
    from podlab.engines.base import Change, Engine

LONGEST_S: Final = 60.0
"""A repair that takes longer, or was begun longer ago, explains no more why a container was stopped."""
_ATTEMPTS: Final = 5
_DESTROYS: Final = ("create", "recreate", "remove", "set aside", "restart")
"""Half-way through these, nobody could tell an accident from a wish."""


def destroys_traces(changes: Collection[Change]) -> bool:
    """Whether the engine itself would no longer tell, half-way, that nobody wanted the pod so."""
    return any(change.verb in _DESTROYS for change in changes)


def is_of_repair(at: float, repairing: float | None) -> bool:
    """Whether what happened then is explained by a repair that was begun."""
    return repairing is not None and 0 < at - repairing < LONGEST_S


async def begin(engine: Engine, pod: str, since: float) -> None:
    """`since` by the engine's own clock, as its events are."""
    await _write(engine, pod, lambda record: replace(record, repairing=since))


async def done(engine: Engine, pod: str, told: Sequence[EventRecord]) -> None:
    """A pod that is gone needs no note."""

    def noted(record: Record) -> Record:
        record = replace(record, repairing=None)
        for event in told:
            record = record.with_event(event)
        return record

    await _write(engine, pod, noted)


async def failed(engine: Engine, pod: str, why: str, at: float) -> None:
    """The same reason again counts once more."""
    event = EventRecord(at=at, reason="FailedRepair", message=why, is_warning=True)
    await _write(engine, pod, lambda record: record.with_event(event))


async def _write(engine: Engine, pod: str, change: Callable[[Record], Record]) -> None:
    """Whoever else writes at the same time: what both say is kept."""
    for attempt in range(_ATTEMPTS):
        try:
            record = await engine.record(pod) or Record()
            new = change(record)
            if not new.says_the_same(record):
                await engine.write_record(pod, new, based_on=record.generation)
        except NotFound:
            return
        except Overtaken:
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return


def events(changes: Sequence[Change], at: float) -> list[EventRecord]:
    """In words. Nothing of a pod that was not there before, or that only goes on."""
    infra = next((c for c in changes if c.container == naming.INFRA), None)
    if infra is not None and infra.verb == "create" and not infra.reason:
        return []
    whole = _of_whole_pod(changes, infra)
    told = [("", whole)] if whole else list(_of_containers(changes))
    return [
        EventRecord(at=at, reason="Repaired", container=name, message=f"repaired: {message}")
        for name, message in told
    ]


def _of_whole_pod(changes: Sequence[Change], infra: Change | None) -> str:
    if infra is not None and infra.verb == "create":
        return "infra was removed; made again with its members"
    if infra is not None and infra.verb == "start":
        return "infra had ended; started again with its members"
    if any(c.verb == "connect" for c in changes):
        return "infra was cut off from its network; connected again"
    if any(c.reason == NEW_NAMESPACES for c in changes):
        return "infra was started anew; the init containers run again, and then the others"
    if stale := [c.container for c in changes if c.verb == "restart"]:
        return f"infra was restarted behind podlab's back; restarted what had lost its namespaces: {', '.join(stale)}"
    return ""


def _of_containers(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    made = {c.container: "was removed" for c in changes if c.verb in ("create", "recreate")}
    made |= {
        c.container: c.reason for c in changes if c.verb in ("remove", "set aside") and c.container in made
    }
    for name, reason in made.items():
        yield name, f"{name} {reason}; made again"
    for change in changes:
        if change.verb == "start" and change.container not in made:
            yield change.container, f"{change.container} {change.reason or 'was down'}; started again"
