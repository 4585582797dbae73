"""`podlab down NAME|FILE…`: pods away, with their volumes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.completion import complete_pods
from podlab.cli.session import session
from podlab.errors import NotFound, Usage
from podlab.pods.up import down

if TYPE_CHECKING:
    from collections.abc import Sequence


@declare(
    "down",
    example="""
        podlab down web
        podlab down pod.yaml
        podlab down --all""",
)
@click.argument("names", nargs=-1, metavar="NAME|FILE...", shell_complete=complete_pods)
@click.option("-a", "--all", "everything", is_flag=True, help="All pods on the engine.")
@click.option(
    "--grace",
    type=duration,
    metavar="DURATION",
    help="Between SIGTERM and SIGKILL; else the pod's own, or 30s.",
)
@click.option("--ignore-not-found", is_flag=True, help="A pod that is not there is no error.")
async def command(names: Sequence[str], everything: bool, grace: int | None, ignore_not_found: bool) -> None:
    """Stop and remove pods with their volumes. What is left of half a pod goes, too.

    An argument that is a file or folder stands for the pods in it; there, one that is gone is no error.
    """
    if everything == bool(names):
        raise Usage("say which pods, or --all", hint="`podlab ps -a` lists them")
    async with session() as engine:
        there = [status.name for status in await engine.list()]
        wanted = there if everything else _wanted(names, there, ignore_not_found)
        await down(engine, wanted, grace_s=grace)
    for name in wanted:
        click.echo(f"pod/{name} removed")


def _wanted(names: Sequence[str], there: Sequence[str], ignore_not_found: bool) -> list[str]:
    wanted: dict[str, None] = {}
    for name in names:
        if name in there:
            wanted[name] = None
        elif name == "-" or Path(name).exists():
            from podlab.manifest import load

            wanted |= {pod.name: None for pod in load([name]).pods if pod.name in there}
        elif not ignore_not_found:
            raise NotFound(f"there is no pod '{name}'", subject=name, hint="`podlab ps -a` lists all pods")
    return list(wanted)
