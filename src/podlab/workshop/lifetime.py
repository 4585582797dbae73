"""When a seat is warned and ends. Pure."""

from __future__ import annotations

from typing import Final

WARNINGS_S: Final = (600.0, 120.0)
"""Seconds before the end."""


def warning(left_s: float, warned_s: float | None, lifetime_s: float) -> float | None:
    """The warning that is due with `left_s` to go, when `warned_s` was the last one; None for none.

    Of several that are due only the last one is told, and none that would come at the very beginning.
    """
    due = [w for w in WARNINGS_S if left_s <= w < lifetime_s and (warned_s is None or w < warned_s)]
    return min(due, default=None)


def next_look(left_s: float, warned_s: float | None) -> float:
    """Seconds until something is due: a warning or the end."""
    coming = [left_s - w for w in WARNINGS_S if left_s > w and (warned_s is None or w < warned_s)]
    return max(0.0, min([*coming, left_s]))
