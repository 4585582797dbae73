"""What the doctor says: one thing that it looked at, how that is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`note`: worth knowing. `warning`: works, but not all of it or not for long. `problem`: pods fail."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`id` is `topic.thing` and stays the same from version to version. `fix` has the exact command wherever
    there is one, and is empty where nothing need be done; `link` is the source of the rule."""

    id: str
    title: str
    level: Level
    found: str
    fix: str = ""
    link: str = ""

    @property
    def topic(self) -> str:
        return self.id.partition(".")[0]
