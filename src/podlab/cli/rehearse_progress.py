"""How a rehearsal goes: a line for each thing to do, as soon as all seats have done it; and what is being done."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from typing import TYPE_CHECKING, Final, Self

import click

from podlab.cli.output import printable
from podlab.cli.style import paint

if TYPE_CHECKING:
    from podlab.lesson import Lesson
    from podlab.workshop.rehearsal import Event, Report, Result

SHOWN_LINES: Final = 15
"""Of a failed command's output, the last: the JSON has all."""
_KINDS: Final = {"command": "", "check": "check: ", "quiz": "quiz: "}


class Lines:
    """On a terminal the last line tells what is being done, and is redrawn."""

    def __init__(self, lesson: Lesson, seats: int, *, to_stderr: bool) -> None:
        self._titles: dict[str, str] = {step.id: f"{step.source_file}  {step.title}" for step in lesson.steps}
        self._seats = seats
        self._file = sys.stderr if to_stderr else sys.stdout
        self._is_drawn = sys.stderr.isatty() and self._file.isatty()
        self._results: dict[str, list[Result]] = {}
        self._gone: set[int] = set()
        self._step = ""

    def __enter__(self) -> Self:
        self._draw("making seats")
        return self

    def __exit__(self, *exc: object) -> None:
        self._draw("")

    def show(self, event: Event) -> None:
        from podlab.workshop.rehearsal import Begun, Ready

        if isinstance(event, Ready):
            if event.problem:
                self._gone.add(event.seat)
                self._line(f"{self._failed} seat {event.pod}: {printable(event.problem)}")
            else:
                self._line(f"seat {event.pod} is ready after {event.seconds:.1f} s")
            for results in list(self._results.values()):
                self._tell(results)
        elif isinstance(event, Begun):
            self._draw(f"{_KINDS[event.item.kind]}{event.item.title}")
        else:
            results = self._results.setdefault(event.item.id, [])
            results.append(event)
            self._tell(results)

    def finish(self, report: Report) -> None:
        results = [result for seat in report.seats for result in seat.results]
        kinds = Counter(result.item.kind for result in results)
        counted = ", ".join(
            f"{count} {kind if count == 1 else _PLURALS[kind]}" for kind, count in kinds.items()
        )
        seats = f" in {len(report.seats)} seats" * (len(report.seats) > 1)
        verdict = paint("all passed", "green", self._file)
        if report.failures:
            verdict = paint(f"{report.failures} failed", "red", self._file)
        self._line(
            f"{report.workshop}: {counted or 'nothing was run'}{seats}: {verdict}, {report.seconds:.1f} s"
        )

    # --- inside

    @property
    def _failed(self) -> str:
        return paint("FAILED", "red", self._file)

    def _tell(self, results: list[Result]) -> None:
        """The line of one item, when everybody has done it."""
        if not results or len(results) < self._seats - len(self._gone):
            return
        del self._results[results[0].item.id]
        item = results[0].item
        if item.step != self._step:
            self._step = item.step
            self._line(paint(printable(self._titles[item.step]), "bold", self._file))
        failed = [result for result in results if not result.has_passed]
        verdict = self._failed if failed else paint("ok", "green", self._file) + " " * 4
        title = printable(_KINDS[item.kind] + item.title)
        self._line(f"  {verdict} {_took(results):>11}  {title}")
        for (problem, output), seats in _same(failed).items():
            where = "" if self._seats == 1 else f", in {_seats(seats)}"
            self._line(f"         {item.file}:{item.line}: {printable(problem)}{where}")
            for line in _last(output):
                self._line(f"         | {line}")
        for remark in dict.fromkeys(result.remark for result in results if result.remark):
            self._line(paint(f"         {printable(remark)}", "dim", self._file))

    def _line(self, text: str) -> None:
        self._draw("")
        click.echo(text, file=self._file, color=True)

    def _draw(self, text: str) -> None:
        if self._is_drawn:
            width = shutil.get_terminal_size().columns - 4
            shown = f"… {printable(text)[:width]}" if text else ""
            click.echo(f"\r\x1b[K{paint(shown, 'dim', sys.stderr)}", nl=False, err=True, color=True)


_PLURALS: Final = {"command": "commands", "check": "checks", "quiz": "quizzes"}


def _took(results: list[Result]) -> str:
    seconds = [result.seconds for result in results]
    return f"{max(seconds):.1f} s" if len(seconds) == 1 else f"{min(seconds):.1f}-{max(seconds):.1f} s"


def _same(failed: list[Result]) -> dict[tuple[str, str], list[int]]:
    """Seats by what went wrong in them; of outputs that differ, one is shown."""
    seats: dict[str, list[int]] = {}
    outputs: dict[str, str] = {}
    for result in failed:
        seats.setdefault(result.problem, []).append(result.seat)
        outputs.setdefault(result.problem, result.output)
    return {(problem, outputs[problem]): numbers for problem, numbers in seats.items()}


def _seats(numbers: list[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:10]))
    return f"{'seat' if len(numbers) == 1 else 'seats'} {shown}{', …' * (len(numbers) > 10)}"


def _last(output: str) -> list[str]:
    """What a terminal would show of each line: the last that was written over it."""
    lines = [printable(line.rstrip("\r").rpartition("\r")[2]) for line in output.rstrip().split("\n")]
    if lines == [""]:
        return []
    return ["…", *lines[-SHOWN_LINES:]] if len(lines) > SHOWN_LINES else lines
