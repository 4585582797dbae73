"""Results as Markdown, the same in the terminal and in docs/performance.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bench.rounds import Results

Row = Sequence[str]


def markdown(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def compared(results: Results, acts: Sequence[str], bases: Sequence[str]) -> str:
    """A row a peer: for each act its median and its ratio to each base; of the last act also the CPU time."""
    head = ["", *(h for act in acts for h in (act, *(f"× {base}" for base in bases))), "CPU"]
    rows = []
    for peer in sorted(results.readings, key=lambda name: results.median(name, acts[-1]) or 0):
        cells = [peer]
        for act in acts:
            cells += [seconds(results.median(peer, act))]
            cells += [times(results.ratio(peer, base, act)) for base in bases]
        rows.append([*cells, seconds(results.median(peer, acts[-1], "machine_cpu_s"))])
    return markdown(head, rows) + absent(results)


def absent(results: Results) -> str:
    """Whoever took no part is named, never silently left out."""
    return "".join(f"\n\n**{peer}** did not run: {why}" for peer, why in results.absent.items())


def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def times(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def mebibytes(value: float | None) -> str:
    return "–" if value is None else f"{value / 2**20:.0f} MiB"


def write(path: Path, suite: str, text: str) -> None:
    """Replace what stands between the suite's two marks in the file; the words around stay as written."""
    marks = f"<!-- bench: {suite} -->", f"<!-- end: {suite} -->"
    page = path.read_text() if path.exists() else ""
    if marks[0] not in page:
        page += f"\n{marks[0]}\n{marks[1]}\n"
    between = re.compile(f"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
    path.write_text(between.sub(lambda _: f"{marks[0]}\n{text}\n{marks[1]}", page))
