"""`podlab lesson check|images`: what a trainer asks of a lesson before anybody sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podlab.cli.command import Group
from podlab.cli.output import output_option, print_json, printable
from podlab.cli.runner import warn

if TYPE_CHECKING:
    from podlab.lesson import Lesson

command = Group("lesson", help="Check a lesson, and list the images that it names.")

_PATH = click.argument("path", metavar="DIR|FILE", type=click.Path(path_type=Path))


@command.subcommand(
    "check",
    example="""
        podlab lesson check examples/docker-pods      a workshop: names are checked against its podlab.yaml
        podlab lesson check my-lesson                 a folder of NN-name.md, or one step""",
)
@_PATH
@output_option("text", "json")
async def check(path: Path, output: str) -> None:
    """Read a lesson and tell every problem at once, as file:line:column.

    Leaves with 1 where there is one. Nothing is run: what its commands do is not known from here.
    """
    lesson = _load(path)
    for warning in lesson.warnings:
        warn(warning)
    counts = {
        "steps": len(lesson.steps),
        "commands": len(lesson.commands),
        "checks": len(lesson.checks),
        "quizzes": len(lesson.quizzes),
        "assets": len(lesson.assets),
    }
    if output == "json":
        print_json({"title": lesson.title, **counts, "warnings": lesson.warnings})
    else:
        click.echo(
            f"{printable(lesson.title)}: {', '.join(f'{count} {name}' for name, count in counts.items())}"
        )


@command.subcommand("images", example="podlab lesson images examples/docker-pods")
@_PATH
@output_option("text", "json")
async def images(path: Path, output: str) -> None:
    """List the images that a lesson's commands, Dockerfiles and compose files name.

    They are what a mirror has to hold for a room without a network. Those that the lesson builds itself are not
    among them.
    """
    from podlab.lesson import images_named

    found = [str(image) for image in images_named(_load(path))]
    if output == "json":
        print_json(found)
    elif found:
        click.echo("\n".join(found))


def _load(path: Path) -> Lesson:
    """A workshop's lesson where the path is one, else the lesson at the path."""
    from podlab.lesson import load, load_workshop
    from podlab.manifest.sources import WORKSHOP_FILE

    is_workshop = path.name == WORKSHOP_FILE or (path / WORKSHOP_FILE).is_file()
    return load_workshop(path)[1] if is_workshop else load(path)
