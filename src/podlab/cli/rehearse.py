"""`podlab rehearse DIR`: does the lesson work?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.level import level_option
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_workshop
from podlab.cli.runner import warn
from podlab.cli.session import is_for_cluster, session

if TYPE_CHECKING:
    from podlab.manifest.level import Choice
    from podlab.workshop.rehearsal import Report, Result


@declare(
    "rehearse",
    example="""
        podlab rehearse examples/docker-pods
        podlab rehearse --seats 30 --timeout 5m examples/docker-pods      everybody at once
        podlab rehearse -o json examples/docker-pods >rehearsal.json""",
)
@click.argument("path", metavar="FILE|DIR", type=click.Path())
@click.option(
    "--seats", type=click.IntRange(1, 500), default=1, show_default=True, metavar="N", help="So many at once."
)
@click.option(
    "--timeout",
    type=duration,
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="How long a command may take that does not say so itself.",
)
@level_option
@output_option("text", "json")
async def command(path: str, seats: int, timeout: int, level: Choice | None, output: str) -> int:
    """Go through a lesson as an attendee would: type every command, wait for every check, answer every quiz.

    It happens in seats as a class gets them, with a mirror of their own; all of it is removed in the end, also on
    Ctrl-C, and a workshop that is being served is not touched. What failed is told with its output. The exit code
    is 1 where anything did.

    A command fails when its exit code is not 0 or it does not come back. `fails`, `stays` and `timeout=` in the
    lesson say what is meant to be otherwise.
    """
    from podlab.cli.rehearse_progress import Lines
    from podlab.lesson import load_workshop
    from podlab.workshop.lab import set_up as lab
    from podlab.workshop.rehearsal import LIFETIME_S, disguised, rehearse

    workshop, lesson = load_workshop(path, for_cluster=is_for_cluster())
    for warning in lesson.warnings:
        warn(warning)
    async with session(clear_first=True) as connected:
        stage = lab.at_level(disguised(workshop), level)
        engine = lab.at_lab(connected, stage)
        try:
            ready = await lab.set_up(
                engine,
                stage,
                lambda settled: prepare_workshop(engine, settled, lesson),
                seats=seats,
                deadline_s=LIFETIME_S,
            )
            for warning in ready.warnings:
                warn(warning)
            with Lines(lesson, seats, to_stderr=output == "json") as lines:
                report = await rehearse(
                    engine, workshop, lesson, stage=ready.workshop, seats=seats, timeout_s=timeout,
                    on_event=lines.show,
                )  # fmt: skip
                lines.finish(report)
        finally:
            await lab.take_down(engine, stage)
    if output == "json":
        print_json(_plain(report))
    return 0 if report.has_passed else 1


def _plain(report: Report) -> dict[str, Any]:
    return {
        "workshop": report.workshop,
        "hasPassed": report.has_passed,
        "failures": report.failures,
        "seconds": round(report.seconds, 3),
        "seats": [
            {
                "number": seat.number,
                "pod": seat.pod,
                "hasPassed": seat.has_passed,
                "problem": seat.problem,
                "secondsUntilReady": round(seat.seconds, 3),
                "results": [_plain_result(result) for result in seat.results],
            }
            for seat in report.seats
        ],
    }


def _plain_result(result: Result) -> dict[str, Any]:
    item = result.item
    return {
        "step": item.step, "file": item.file, "line": item.line, "kind": item.kind, "id": item.id,
        "title": item.title, "hasPassed": result.has_passed, "seconds": round(result.seconds, 3),
        "problem": result.problem, "remark": result.remark, "output": result.output,
    }  # fmt: skip
