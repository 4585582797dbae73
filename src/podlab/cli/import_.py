"""`podlab import FORMAT SRC DIR`: lessons that trainers have already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.output import output_option, print_json, printable
from podlab.cli.runner import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.lesson.importers import Report

_FORMATS = ("play-with-docker", "killercoda", "educates")
"""As `podlab.lesson.importers.FORMATS`, which the help need not import."""


@declare(
    "import",
    example="""
        podlab import play-with-docker alpine.markdown alpine
        podlab import killercoda scenarios/nginx nginx
        podlab import educates lab-container-basics basics --force""",
)
@click.argument("format_", metavar="FORMAT", type=click.Choice(_FORMATS))
@click.argument("source", metavar="SRC", type=click.Path(exists=True, path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the podlab.yaml and the lesson that are in DIR.")
@output_option("text", "json")
async def command(format_: str, source: Path, folder: Path, force: bool, output: str) -> None:
    """Make a workshop of a play-with-docker tutorial, a Killercoda scenario or an Educates workshop.

    FORMAT is play-with-docker, killercoda or educates. DIR gets a podlab.yaml and a lesson. What was carried over
    is counted, and what was not is listed with its place in the source. Leaves with 1 where the lesson needs
    repair by hand.
    """
    from podlab.lesson import load_workshop
    from podlab.lesson.importers import importer, write

    draft = importer(format_).read(source)
    write(draft, folder, force=force)
    if output == "json":
        print_json(
            {"folder": str(folder), "carried": dict(draft.report.carried), "losses": draft.report.losses}
        )
    else:
        click.echo("\n".join(_told(draft.report, folder)))
    load_workshop(folder)
    say(f"look at it: podlab lesson check {folder}")


def _told(report: Report, folder: Path) -> Sequence[str]:
    carried = ", ".join(f"{count} {what}" for what, count in report.carried.items())
    lines = [f"{folder}: carried over {carried or 'nothing'}"]
    if report.losses:
        lines += [
            "not carried over, or changed:",
            *(f"  {printable(str(loss))}" for loss in sorted(report.losses)),
        ]
    return lines
