"""What a node knows of a pod that nobody sees by looking at its containers: the status record.

Written at transitions only, where the pod is (on a Docker Engine as a label), so that whoever comes next goes on from
it. Times are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from podlab.wire import Wire

MOST_EVENTS: Final = 100
"""Of one pod; the oldest go first."""
LONGEST_MESSAGE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRecord(Wire):
    """How one run ended."""

    exit_code: int
    reason: str = ""
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord(Wire):
    """`run` is the run (`ContainerStatus.run`) that `started` and `ready` tell of: of another run they tell nothing.

    `asked`: an agent asks its readiness probe, and until that has passed it is not ready. `restarts` counts those that
    the engine did not do by itself, `engine_restarts` those that it did since its own count began anew. `ends` counts
    those in a row that come too soon, and `not_before` is when the back-off after the last one is over. `killed` is the
    run that a probe has condemned. `by_agent`: an agent restarts it, the engine does not.
    """

    name: str
    run: str = ""
    started: bool | None = None
    ready: bool | None = None
    asked: bool = False
    restarts: int = 0
    engine_restarts: int = 0
    ends: int = 0
    last: EndRecord | None = None
    not_before: float | None = None
    killed: str = ""
    by_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRecord(Wire):
    type: str
    status: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord(Wire):
    """`reason` is Kubernetes' word, such as `BackOff`, `Unhealthy`, `Killing`; `count` times, the last one `at`."""

    at: float
    reason: str
    container: str = ""
    message: str = ""
    is_warning: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Wire):
    """`generation` counts what was written: 0 is a record that nobody has written yet. `initialized` is the key
    (`node.order.key`) of the namespaces and init containers with which the init containers were last through.
    `repairing`: an agent has begun a repair then, and not noted that it is done."""

    generation: int = 0
    initialized: str = ""
    repairing: float | None = None
    containers: tuple[ContainerRecord, ...] = ()
    conditions: tuple[ConditionRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()

    def of(self, name: str) -> ContainerRecord:
        """What is known of a container; of a new one nothing."""
        return next((c for c in self.containers if c.name == name), ContainerRecord(name=name))

    def with_container(self, container: ContainerRecord) -> Record:
        others = [c for c in self.containers if c.name != container.name]
        return replace(self, containers=tuple(sorted([*others, container], key=lambda c: c.name)))

    def with_event(self, event: EventRecord) -> Record:
        """The same again counts once more instead."""
        event = replace(event, message=event.message[:LONGEST_MESSAGE])
        events = list(self.events)
        for place, old in enumerate(events):
            if (old.reason, old.container, old.message) == (event.reason, event.container, event.message):
                event = replace(event, count=old.count + event.count)
                del events[place]
                break
        return replace(self, events=tuple([*events, event][-MOST_EVENTS:]))

    def says_the_same(self, other: Record) -> bool:
        """Whether nothing but the generation differs: then there is nothing to write."""
        return replace(self, generation=0) == replace(other, generation=0)
