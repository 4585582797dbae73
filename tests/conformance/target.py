"""What the runner asks of whatever runs pods: podlab on an engine, or a cluster by kubectl."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class Refused(Exception):
    """What was asked was not done; the text is what the user would have read."""


@dataclass(frozen=True, slots=True)
class Output:
    code: int
    text: str
    """Out and err, as they came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A pod's status in the words of the expectations. Containers by name, init containers among them, each with
    `state`, `ready`, `restarts`, and where there are: `reason`, `message`, `exit`, and `last`, its former end, with
    `exit`, `reason` and `message`."""

    phase: str
    reason: str = ""
    message: str = ""
    conditions: dict[str, bool] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)


class Target(Protocol):
    version: tuple[int, int]
    """Of Kubernetes, or as which it is meant to behave."""
    offers: frozenset[str]

    async def put(self, name: str, text: str) -> None:
        """As `kubectl apply`; `name` is for messages only. `Refused` where it is not taken."""
        ...

    async def remove(self, name: str, text: str) -> None:
        """All that the text names and what came of it, at once; what is gone is no error.
        `Refused` where something may be left."""
        ...

    async def delete(self, pod: str) -> None:
        """One pod, within its own grace period; returns when it is gone."""
        ...

    async def seen(self, pod: str) -> Seen | None:
        """None where there is no such pod."""
        ...

    async def selected(self, labels: str) -> list[str]:
        """The phases of the pods with such labels (`job-name=x`)."""
        ...

    async def run(self, pod: str, container: str, line: str) -> Output:
        """A line of sh in a container. `Refused` where nothing runs there."""
        ...

    async def logs(self, pod: str, container: str) -> str:
        """All that it wrote since it was last started."""
        ...
