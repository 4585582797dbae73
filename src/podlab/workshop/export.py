"""Who has done what, for spreadsheets: a line for each seat that somebody has or had. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from podlab.lesson.lesson import Lesson
    from podlab.workshop.progress import Row
    from podlab.workshop.seat import Seat, SeatId

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins so. https://owasp.org/www-community/attacks/CSV_Injection"""


def as_csv(lesson: Lesson, seats: Iterable[Seat], rows: Iterable[Row]) -> str:
    """With a column for each step, check and quiz: how it stands, empty where it was never touched.

    It begins with a byte order mark, by which spreadsheets know that it is UTF-8.
    """
    by_seat: Mapping[SeatId, Row] = {row.seat: row for row in rows}
    items = _items(lesson)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # https://www.rfc-editor.org/rfc/rfc4180#section-2
    writer.writerow(["seat", "pod", "name", "state", "claimed_at", "ends_at", "step", "steps_passed", "steps",
                     "failures", "last_at", *items.values()])  # fmt: skip
    for seat in seats:
        row = by_seat.get(seat.id)
        states = {item.item: item.state for item in row.items} if row else {}
        cells = [
            str(seat.id), seat.pod, seat.name, seat.state.value, _time(seat.claimed_at), _time(seat.ends_at),
            row.step if row else "", str(row.passed if row else 0), str(len(lesson.steps)),
            str(row.failures if row else 0), _time(row.last_at if row else None),
            *(states.get(id, "") for id in items),
        ]  # fmt: skip
        writer.writerow([_harmless(each) for each in cells])
    return "\N{BYTE ORDER MARK}" + out.getvalue()


def _items(lesson: Lesson) -> dict[str, str]:
    """Id → the column's title."""
    return {
        each: f"{kind} {each}"
        for step in lesson.steps
        for kind, ids in (("step", [step.id]), ("check", [c.id for c in step.checks]),
                          ("quiz", [q.id for q in step.quizzes]))
        for each in ids
    }  # fmt: skip


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _time(at: float | None) -> str:
    return (
        ""
        if at is None
        else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
