"""`podlab doctor`: will it run here, and how much of it?"""

from __future__ import annotations

import shutil
import sys
import textwrap
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from podlab.cli.command import command as declare
from podlab.cli.output import output_option, print_json
from podlab.cli.runner import say
from podlab.cli.session import is_for_cluster
from podlab.cli.style import paint
from podlab.doctor.finding import Finding, Level
from podlab.engines import connect
from podlab.errors import Denied, NotFound, Unavailable, Unsupported

if TYPE_CHECKING:
    from collections.abc import Collection

    from podlab.doctor.facts import Facts
    from podlab.doctor.report import Report
    from podlab.lesson import Lesson
    from podlab.manifest.workshop import Workshop

TOPICS: Final = {
    "engine": "Engine",
    "cgroup": "Control groups",
    "privileges": "What containers may do",
    "space": "Room",
    "kernel": "Kernel limits",
    "network": "Network",
    "lab": "Around podlab",
    "workshop": "Workshop",
    "seats": "Seats",
}
OF_CLUSTERS: Final = {
    "cluster": "Cluster",
    "rights": "Rights",
    "isolation": "What keeps seats apart",
    "storage": "Storage",
    "room": "Nodes",
    "seats": "Seats",
}
_SIGNS: Final = {
    Level.OK: ("+", "green"),
    Level.NOTE: ("-", "cyan"),
    Level.WARNING: ("!", "yellow"),
    Level.PROBLEM: ("x", "red"),
}


@declare(
    "doctor",
    example="podlab doctor\npodlab doctor examples/docker-pods --seats 30\npodlab doctor --no-nested -o json",
)
@click.argument("path", required=False, default=None, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--seats", type=click.IntRange(min=1), metavar="N", help="Whether N more seats fit; a problem if not."
)
@click.option(
    "--nested/--no-nested",
    default=None,
    help="Whether to start a Docker daemon in a container; by itself, where image docker:dind is there.",
)
@output_option("text", "json")
async def command(path: Path | None, seats: int | None, nested: bool | None, output: str) -> int:
    """Check whether this engine can run pods, and how many.

    With PATH, a workshop's folder, file or bundle: whether that workshop can be given here, to as many as it has
    seats or to N; whether the images are there that its pods and its lesson need, and what its seats can take of the
    machine.

    Starts small containers to see what they may do here, and removes them. Every warning comes with what to do
    about it; docs/doctor.md has the arithmetic of the seats. The exit code is 1 where there is a problem.
    """
    from podlab.doctor.report import report

    workshop = _load(path) if path else None
    if is_for_cluster():
        found = await _cluster(workshop, seats)
        also: dict[str, Any] = {}
    else:
        facts = await _facts(nested, workshop)
        found = report(facts, seats)
        also = {"workshop": facts.workshop, "seat": facts.share} if workshop else {}
    if output == "json":
        print_json(_document(found) | also)
    else:
        _print(found)
    return 0 if found.is_healthy else 1


async def _cluster(workshop: tuple[Workshop, Lesson, Collection[str]] | None, wanted: int | None) -> Report:
    from podlab.cli.session import session
    from podlab.doctor.cluster import workshop as of_workshop
    from podlab.doctor.cluster.findings import report
    from podlab.doctor.cluster.gather import gather
    from podlab.engines.kubernetes.engine import KubernetesEngine

    async with session() as engine:
        assert isinstance(engine, KubernetesEngine)  # noqa: S101 - is_for_cluster says so
        facts = await gather(engine, progress=lambda text: say(f"{text} …"))
        seat = of_workshop.seat(engine, workshop[0]) if workshop else None
    if workshop and wanted is None:
        wanted = of_workshop.seats(workshop[0])
    return report(facts, wanted, seat)


def _load(path: Path) -> tuple[Workshop, Lesson, Collection[str]]:
    """The last are the images that come with it."""
    from podlab.lesson import load_workshop
    from podlab.workshop.bundle import reading as bundle

    if not bundle.is_bundle(path):
        return *load_workshop(path, for_cluster=is_for_cluster()), ()
    say(f"checking {path}")
    with bundle.opened(path) as found:
        return *load_workshop(found.workshop), tuple(found.images)


async def _facts(
    nested: bool | None, workshop: tuple[Workshop, Lesson, Collection[str]] | None = None
) -> Facts:
    from podlab.doctor.gather import gather, without_engine
    from podlab.doctor.preflight import look
    from podlab.engines.docker.engine import DockerEngine

    meta = click.get_current_context().meta
    try:
        engine = await connect.connect(meta.get("podlab.engine", ""), meta.get("podlab.host", ""))
    except (Unavailable, Denied, NotFound) as error:
        return await without_engine(error)
    if not isinstance(engine, DockerEngine):
        raise Unsupported(
            f"podlab doctor looks at Docker Engines, not at {engine.name!r}", hint="use --engine docker"
        )
    facts = await gather(engine, nested=nested, progress=lambda text: say(f"{text} …"))
    if workshop is None or facts.engine is None:
        return facts
    known, lesson, bundled = workshop
    return await look(engine, facts, known, lesson, bundled=bundled)


def _document(found: Report) -> dict[str, Any]:
    seats = found.seats
    return {
        "findings": found.findings,
        "seats": None
        if seats is None
        else {
            "fits": seats.fits,
            "wanted": found.wanted_seats,
            "limitedBy": seats.limiting.resource,
            "limits": seats.limits,
        },
        "healthy": found.is_healthy,
        "summary": found.summary,
    }


def _print(found: Report) -> None:
    width = max(len(each.title) for each in found.findings)
    for topic, findings in groupby(found.findings, key=lambda each: each.topic):
        click.echo(paint((TOPICS | OF_CLUSTERS).get(topic, topic), "bold", sys.stdout), color=True)
        for each in findings:
            _print_finding(each, width)
    click.echo(f"\n{paint(found.summary, 'bold', sys.stdout)}", color=True)


def _print_finding(finding: Finding, width: int) -> None:
    sign, colour = _SIGNS[finding.level]
    lead = f"  {paint(f'{sign} {finding.level:7}', colour, sys.stdout)}  {finding.title:{width}}  "
    indent = " " * (15 + width - 1)
    lines = [finding.found]
    if finding.level is not Level.OK:
        lines += [f"{title}: {text}" for title, text in (("fix", finding.fix), ("see", finding.link)) if text]
    first, *rest = [part for line in lines for part in _wrapped(line, len(indent))]
    click.echo(lead + first, color=True)
    for part in rest:
        click.echo(indent + part)


def _wrapped(text: str, indent: int) -> list[str]:
    """To the terminal's width; whole where no person reads it, so that `grep` finds it."""
    if not sys.stdout.isatty():
        return [text]
    room = max(40, shutil.get_terminal_size().columns - indent)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
