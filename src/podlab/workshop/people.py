"""A list of names: what a trainer has of a class."""

from __future__ import annotations

import csv
import io
from typing import Final

from podlab.errors import Invalid

HEADINGS: Final = ("name", "names")
MOST: Final = 1000


def read(text: str) -> list[str]:
    """The names: a line each, or CSV with a column `name`, also with semicolons as spreadsheets write them in
    half of Europe. Empty lines do not count. `Invalid` where there is no name, or no column for it."""
    lines = [line for line in text.removeprefix("\N{BYTE ORDER MARK}").splitlines() if line.strip()]
    if not lines:
        raise Invalid("there is no name in the list", hint="a name a line, or CSV with a column `name`")
    separator = next((each for each in ";,\t" if each in lines[0]), "")
    names = _column(lines, separator) if separator or lines[0].strip().lower() in HEADINGS else lines
    found = [" ".join(name.split()) for name in names if name.strip()]
    if not found:
        raise Invalid("there is no name in the list", hint="a name a line, or CSV with a column `name`")
    if len(found) > MOST:
        raise Invalid(f"{len(found)} names are too many: {MOST} are the most")
    return found


def _column(lines: list[str], separator: str) -> list[str]:
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator or ","))
    headings = [each.strip().lower() for each in rows[0]]
    at = next((headings.index(each) for each in HEADINGS if each in headings), None)
    if at is None:
        raise Invalid(
            f"the list has no column `name`, but {', '.join(rows[0][:8])}",
            hint="its first line names the columns",
        )  # fmt: skip
    return [row[at] for row in rows[1:] if len(row) > at]
