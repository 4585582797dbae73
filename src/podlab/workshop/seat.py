"""A seat and its states. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from podlab.naming import PodName

SeatId = NewType("SeatId", int)
"""1, 2, …: never given twice in a workshop."""
PersonId = NewType("PersonId", str)
"""Who has a seat: the hash of their code."""


class State(StrEnum):
    MAKING = "making"  # its pod comes up
    WARM = "warm"  # ready, and nobody's
    CLAIMED = "claimed"  # ready, and somebody's
    RESETTING = "resetting"  # its pod is replaced by a pristine one
    BROKEN = "broken"  # its pod could not be made; it is tried again
    ENDED = "ended"  # its pod is gone or going


MOVES: Final = {
    State.MAKING: {State.WARM, State.CLAIMED, State.RESETTING, State.BROKEN, State.ENDED},
    State.WARM: {State.CLAIMED, State.RESETTING, State.ENDED},
    State.CLAIMED: {State.RESETTING, State.ENDED},
    State.RESETTING: {State.WARM, State.CLAIMED, State.BROKEN, State.ENDED},
    State.BROKEN: {State.RESETTING, State.ENDED},
    State.ENDED: {State.RESETTING},  # a new pod for whoever had it
}
"""Where a seat may go from each state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """`person` may be known while the pod still comes up: somebody waits for it. `ends_at` is set when a claimed
    seat is ready for the first time; all times are seconds since the epoch. `problem` says why it is broken."""

    id: SeatId
    pod: PodName
    state: State
    created_at: float
    person: PersonId | None = None
    name: str = ""
    claimed_at: float | None = None
    ends_at: float | None = None
    problem: str = ""

    @property
    def is_free(self) -> bool:
        """Whether somebody can still have it, at once or when it is made."""
        return self.person is None and self.state is not State.ENDED

    @property
    def is_ready(self) -> bool:
        return self.state in (State.WARM, State.CLAIMED)
