"""How long a container that has ended waits before it is started again.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
"""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 10.0
LONGEST_S: Final = 300.0
STEADY_S: Final = 600.0
"""A run of this length makes the next end count as the first one again."""


def ends_in_a_row(before: int, ran_s: float) -> int:
    """With one more end after a run of `ran_s` seconds."""
    return 1 if ran_s >= STEADY_S else before + 1


def pause_s(ends: int) -> float:
    """Before the restart after that many ends in a row: none after the first, then 10 s, 20 s, … 300 s."""
    return 0.0 if ends <= 1 else min(FIRST_S * 2.0 ** min(ends - 2, 10), LONGEST_S)
