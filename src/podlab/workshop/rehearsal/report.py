"""What came of a rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["command", "check", "quiz"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to do of the lesson. `title` is a command's first line, a check's name, a quiz's question."""

    step: str
    file: str
    line: int
    kind: Kind
    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`problem` says why it failed; empty where it passed. `remark` is what else its author should know.
    `output` is the end of what it printed, kept where it failed."""

    seat: int
    item: Item
    seconds: float
    problem: str = ""
    remark: str = ""
    output: str = ""

    @property
    def has_passed(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatReport:
    """`problem` says why there was no seat; then there are no results. `seconds` is how long it took to be ready."""

    number: int
    pod: str
    seconds: float
    problem: str = ""
    results: tuple[Result, ...] = ()

    @property
    def has_passed(self) -> bool:
        return not self.problem and all(result.has_passed for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    workshop: str
    seats: tuple[SeatReport, ...]
    seconds: float

    @property
    def has_passed(self) -> bool:
        return all(seat.has_passed for seat in self.seats)

    @property
    def failures(self) -> int:
        return sum(bool(seat.problem) for seat in self.seats) + sum(
            not result.has_passed for seat in self.seats for result in seat.results
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A seat came up, or could not: then `problem` says why."""

    seat: int
    pod: str
    seconds: float
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    seat: int
    item: Item


Event = Ready | Begun | Result
