"""`podlab down NAME|FILE…`: pods away, with their volumes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podlab.cli import objects, workloads
from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.completion import complete_pods
from podlab.cli.runner import say
from podlab.cli.session import session
from podlab.errors import NotFound, Usage
from podlab.objects import key_of
from podlab.pods.up import down

if TYPE_CHECKING:
    from collections.abc import Sequence


@declare(
    "down",
    example="""
        podlab down web
        podlab down pod.yaml
        podlab down deployment/web
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
@click.option("--volumes", is_flag=True, help="Also the claims, with their data.")
async def command(
    names: Sequence[str], everything: bool, grace: int | None, ignore_not_found: bool, volumes: bool
) -> None:
    """Stop and remove pods with their volumes. What is left of half a pod goes, too.

    KIND/NAME is a workload with all of its pods, such as deployment/web, or an object, such as configmap/web.

    An argument that is a file or folder stands for the pods, ConfigMaps and Secrets in it; there, one that is gone is
    no error. Claims stay with their data, but for --volumes.
    """
    if everything == bool(names):
        raise Usage("say which pods, or --all", hint="`podlab ps -a` lists them")
    async with session() as engine:
        there = [status.name for status in await engine.list()]
        makers, wanted, kept = _wanted(names, there, ignore_not_found)
        if everything:
            makers, wanted = await workloads.there(engine), there
        if not ignore_not_found:
            await workloads.require(engine, filter(None, map(workloads.named, set(names) - set(there))))
        for line in await workloads.down(engine, makers, grace):  # first, or they would make their pods anew
            click.echo(line)
        if makers:
            there = [status.name for status in await engine.list()]
            wanted = [name for name in wanted if name in there]
        if not ignore_not_found:
            await objects.require(engine, filter(None, map(objects.named, names)))
        await down(engine, wanted, grace_s=grace)
        gone, claims = await objects.remove(engine, kept, with_claims=volumes)
    for line in (*(f"pod/{name} removed" for name in wanted), *gone):
        click.echo(line)
    for claim in claims:
        say(f"{claim} stays with its data; --volumes removes it")


def _wanted(
    names: Sequence[str], there: Sequence[str], ignore_not_found: bool
) -> tuple[list[tuple[str, str]], list[str], list[tuple[str, str]]]:
    """The workloads by kind and name, the pods, and the objects by kind and name."""
    makers: dict[tuple[str, str], None] = {}
    pods: dict[str, None] = {}
    kept: list[tuple[str, str]] = []
    for name in names:
        if name in there:
            pods[name] = None
        elif key := workloads.named(name):
            makers[key] = None
        elif key := objects.named(name):
            kept.append(key)
        elif name == "-" or Path(name).exists():
            from podlab.manifest import load
            from podlab.manifest.report import ANY

            loaded = load([name], allow_ignored=[ANY])
            kept += map(key_of, loaded.objects)
            makers |= {(type(each).__name__, each.metadata.name): None for each in loaded.workloads}
            pods |= {pod.name: None for pod in loaded.pods if pod.name in there}
        elif not ignore_not_found:
            raise NotFound(f"there is no pod '{name}'", subject=name, hint="`podlab ps -a` lists all pods")
    return list(makers), list(pods), kept
