"""`podlab agent`: keep pods as wanted, until Ctrl-C."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.output import output_option, plain, second
from podlab.cli.runner import say
from podlab.cli.session import session

if TYPE_CHECKING:
    from podlab.agent import Action


@declare("agent", example="podlab agent\npodlab agent -o json")
@output_option("text", "json")
async def command(output: str) -> None:
    """Repair pods that fail behind podlab's back, until Ctrl-C.

    A container that was killed or removed is started or made again, and the members of a pod whose infra
    container was restarted get its new namespaces. What somebody stopped on purpose stays stopped, and so
    does what was down already when the agent came. Pods whose lifetime is over are removed. An engine that
    does not answer is waited for.

    What is done is printed, a line each; with -o json one object a line.
    """
    from podlab.agent import Agent

    def tell(action: Action) -> None:
        click.echo(json.dumps(plain(action)) if output == "json" else line(action))

    async with session() as engine:
        version = await engine.version()
        say(f"watching the pods of {engine.name} {version}; Ctrl-C ends it, and leaves them as they are")
        await Agent(engine, on_action=tell).run()


def line(action: Action) -> str:
    """`2026-01-31T12:00:00Z web repaired: start app (had ended with exit code 137)`."""
    told = "; ".join(
        f"{each.verb} {each.container}".rstrip() + f" ({each.reason})" * bool(each.reason)
        for each in action.changes
    )
    return " ".join(filter(None, [second(action.at), action.pod, f"{action.verb}: {told or action.message}"]))
