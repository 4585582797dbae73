"""`podlab prune`: remove what nobody uses any more."""

from __future__ import annotations

import click

from podlab.cli.ask import confirm
from podlab.cli.command import command as declare
from podlab.cli.output import output_option, print_json
from podlab.cli.session import session


@declare("prune", example="podlab prune\npodlab prune --force -o json")
@click.option("-f", "--force", is_flag=True, help="Do not ask.")
@output_option("text", "json")
async def command(force: bool, output: str) -> int:
    """Remove ended pods, volumes of pods that are gone, and podlab's networks without a pod.

    A pod that was stopped by `podlab stop` has ended, too. What podlab did not make is never touched.
    """
    async with session() as engine:
        if not force:
            changes = await engine.prune(dry_run=True)
            for change in changes:
                click.echo(f"would remove {_what(change.pod, change.reason)}", err=True)
            if not changes:
                click.echo("nothing to remove", err=True)
            if not changes or not await confirm("Remove?"):
                if output == "json":
                    print_json([])
                return 0 if not changes else 1
        done = await engine.prune()
    if output == "json":
        print_json(done)
    else:
        for change in done:
            click.echo(f"removed {_what(change.pod, change.reason)}")
    return 0


def _what(pod: str, reason: str) -> str:
    return f"{pod}: {reason}" if pod else reason
