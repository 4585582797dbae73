"""`podlab agent`: keep pods as wanted, until Ctrl-C."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from podlab.cli.agent_install import install, status, uninstall
from podlab.cli.command import Group
from podlab.cli.output import plain, second
from podlab.cli.runner import say
from podlab.cli.session import session
from podlab.errors import Unsupported

if TYPE_CHECKING:
    from podlab.agent import Action
    from podlab.agent.exits import ExitPolicy


_HELP = """\
    Repair pods that fail behind podlab's back, until Ctrl-C.

    A container that was killed or removed is started or made again, and the members of a pod whose infra
    container was restarted get its new namespaces. What somebody stopped on purpose stays stopped, and so
    does what was down already when the agent came. Pods whose lifetime is over are removed. An engine that
    does not answer is waited for.

    What is done is printed, a line each; with -o json one object a line. `install` keeps it running in the
    background, also after the next boot.
"""


def _run(context: click.Context, exit_policy: ExitPolicy, output: str) -> object:
    """Without a sub-command."""
    if context.invoked_subcommand is not None:
        return None
    from podlab.cli.runner import run_async

    return run_async(keep(output, exit_policy))


_output = click.Option(
    ["-o", "--output"], type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.",
)  # fmt: skip
_exit_policy = click.Option(
    ["--exit-policy"], type=click.Choice(["all", "any", "main"]), default="all", show_default=True,
    help="A pod is over, and stopped, when all of its containers have ended for good, or any, or the main one: the "
    "one that `exec` takes.",
)  # fmt: skip
command = Group(
    "agent", help=_HELP, example="podlab agent\npodlab agent -o json\npodlab agent install",
    params=[_exit_policy, _output], no_args_is_help=False, invoke_without_command=True,
    callback=click.pass_context(_run),
)  # fmt: skip
for each in (install, uninstall, status):
    command.add_command(each)


async def keep(output: str, exit_policy: ExitPolicy) -> None:
    """Until Ctrl-C."""
    from podlab.agent import Agent

    def tell(action: Action) -> None:
        click.echo(json.dumps(plain(action)) if output == "json" else line(action))

    async with session() as engine:
        if engine.has_node and exit_policy != "all":
            raise Unsupported(
                f"on {engine.name} a pod is over when all of its containers have ended",
                hint="leave out --exit-policy",
            )
        version = await engine.version()
        say(f"watching the pods of {engine.name} {version}; Ctrl-C ends it, and leaves them as they are")
        await Agent(engine, exit_policy=exit_policy, on_action=tell).run()


def line(action: Action) -> str:
    """`2026-01-31T12:00:00Z web repaired: start app (had ended with exit code 137)`."""
    told = "; ".join(
        f"{each.verb} {each.container}".rstrip() + f" ({each.reason})" * bool(each.reason)
        for each in action.changes
    )
    return " ".join(filter(None, [second(action.at), action.pod, f"{action.verb}: {told or action.message}"]))
