"""How results are printed: tables for people, JSON for programs.

JSON is one object or one list with stable camelCase keys, times as RFC 3339. Tables are aligned text without
ruling, so that `awk` reads them; colours only on a terminal.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import click

from podlab.cli.style import paint
from podlab.wire import Wire, camel, encode

F = TypeVar("F", bound=Callable[..., Any])


def output_option(*formats: str) -> Callable[[F], F]:
    """`-o/--output`, given to the function as `output`; the first format is the default."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print.",
    )


def print_json(data: Any) -> None:
    import json

    click.echo(json.dumps(plain(data), indent=2, ensure_ascii=False))


def plain(data: Any) -> Any:
    """JSON-ready data of the model's and the engines' types. Every key of a found state is there, also
    where its value is null; a wanted state leaves out what was not said, as Kubernetes does."""
    if isinstance(data, Wire):
        return encode(data)
    if isinstance(data, datetime):
        return rfc3339(data)
    if isinstance(data, Enum):
        return data.value
    if isinstance(data, bytes):
        return data.decode(errors="replace")
    if isinstance(data, Mapping):
        return {plain(key): plain(value) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [plain(value) for value in data]
    if dataclasses.is_dataclass(data):
        return {camel(f.name): plain(getattr(data, f.name)) for f in dataclasses.fields(data)}
    return data


def print_table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, colours: Mapping[str, str] | None = None
) -> None:
    """Columns as wide as they need. `colours`: a cell's text → its colour."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for row in (titles, *rows):
        cells = [
            paint(cell, (colours or {}).get(cell, ""), sys.stdout) + " " * (width - len(cell))
            for cell, width in zip(row, widths, strict=True)
        ]
        click.echo("   ".join(cells).rstrip(), color=True)


def rfc3339(when: datetime) -> str:
    """`2026-01-31T12:00:00Z`, with a fraction only where there is one."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def second(when: datetime) -> str:
    """RFC 3339 to the second, for people."""
    return rfc3339(when.replace(microsecond=0))


def printable(text: str) -> str:
    """Somebody else's text for a terminal: one line, and nothing that the terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def since(when: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or `-`."""
    return "-" if when is None else span((now or datetime.now(UTC)) - when)


def span(length: timedelta) -> str:
    """`12s`, `3m20s`, `15m`, `2h5m`, `14h`, `5d3h`, `400d` as kubectl prints ages.

    https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go
    """
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    if days < 8 * 365:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(whole: int, unit: str, part: int, part_unit: str) -> str:
    return f"{whole}{unit}{part}{part_unit}" if part else f"{whole}{unit}"


def size(count: float) -> str:
    """`512B`, `1.5KiB`, `64MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.3g}{unit}" if count < 1000 else f"{count:.0f}{unit}"
        count /= 1024
    return f"{count:.3g}TiB"
