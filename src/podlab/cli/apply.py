"""`podlab apply FILE|DIR…`: what `up` does, in kubectl's word, with a look before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.output import output_option, print_json
from podlab.cli.session import is_for_cluster, session
from podlab.cli.style import paint
from podlab.cli.up import bring_up
from podlab.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.engines.base import Change, Engine
    from podlab.manifest import Loaded
    from podlab.objects import Object


@declare(
    "apply",
    example="""
        podlab apply pod.yaml
        podlab apply --diff pod.yaml
        podlab apply --diff --dry-run pod.yaml     only look""",
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path())
@click.option("--diff", is_flag=True, help="Show first what changes in the wanted state, and the steps.")
@click.option(
    "--dry-run", is_flag=True, help="Change nothing; with --diff only look, else as `up --dry-run`."
)
@click.option("--no-wait", is_flag=True, help="Return when the containers are started.")
@click.option("--timeout", type=duration, default="2m", show_default=True, metavar="DURATION",
              help="How long to wait until ready.")  # fmt: skip
@click.option("--allow-ignored", multiple=True, metavar="FIELD",
              help="Warn of this field instead of refusing it; repeatable.")  # fmt: skip
@output_option("text", "json", "name")
async def command(
    paths: Sequence[str], diff: bool, dry_run: bool, no_wait: bool, timeout: int, allow_ignored: Sequence[str],
    output: str,
) -> None:  # fmt: skip
    """Make pods and all else as their files say, as `podlab up`; --diff shows first what is different.

    Only what differs is changed: of a pod the containers whose own part of the file changed, some of it (resources,
    probes, published ports that come later) without a restart. A pod keeps its namespaces, its address and its ports.
    What could only be changed by making the pod anew is refused, and `podlab up --replace` does it.
    """
    from podlab.manifest import load

    loaded = load(paths, allow_ignored=allow_ignored, for_cluster=is_for_cluster())
    if diff:
        async with session(clear_first=True) as engine:
            found = await differences(engine, loaded)
        if output == "json" and dry_run:
            print_json([{**each, "refused": getattr(each["refused"], "message", None)} for each in found])
            return
        # What is printed for programs is about what was done.
        _show(found, sys.stdout if output == "text" else sys.stderr)
        if refused := next((each["refused"] for each in found if each["refused"]), None):
            raise refused
        if dry_run:
            return
    await bring_up(loaded, dry_run=dry_run, no_wait=no_wait, timeout=timeout, output=output)


async def differences(engine: Engine, loaded: Loaded) -> list[dict[str, Any]]:
    """Of each thing that the files hold: what it is, the diff of its wanted state, the steps, and why it cannot be."""
    from podlab.pods.diff import of_object, of_pod
    from podlab.workloads.state import as_written

    def plain(found: Object) -> Object:
        from podlab.model.workloads import Workload

        return as_written(found) if isinstance(found, Workload) else found

    rows = []
    for each in (*loaded.objects, *loaded.workloads):
        name = f"{type(each).__name__.lower()}/{each.metadata.name}"
        lines = await of_object(engine, each, as_written=plain)
        rows.append({"name": name, "diff": lines, "steps": [], "refused": None})
    for pod in loaded.pods:
        row: dict[str, Any] = {"name": f"pod/{pod.name}", "diff": await of_pod(engine, pod), "steps": []}
        try:
            row |= {"steps": [_step(change) for change in await engine.plan(pod)], "refused": None}
        except Conflict as error:
            row["refused"] = error
        rows.append(row)
    return rows


def _step(change: Change) -> str:
    """`remove app (changed)`."""
    return f"{change.verb} {change.container}".rstrip() + f" ({change.reason})" * bool(change.reason)


_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _show(found: list[dict[str, Any]], stream: Any) -> None:
    for each in found:
        if not each["diff"] and not each["steps"] and not each["refused"]:
            click.echo(f"{each['name']}: nothing differs", file=stream)
            continue
        for line in each["diff"]:
            click.echo(paint(line, _COLOURS.get(line[:1], ""), stream), file=stream, color=True)
        if each["steps"]:
            click.echo(
                f"{each['name']}: {len(each['steps'])} step{'s' * (len(each['steps']) > 1)}", file=stream
            )
        for step in each["steps"]:
            click.echo(f"  {step}", file=stream)
