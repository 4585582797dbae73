"""`podlab history`: what happened to a pod, and when."""

from __future__ import annotations

from datetime import datetime

import click

from podlab.cli.command import command as declare
from podlab.cli.command import container_option, pod_argument
from podlab.cli.output import output_option, print_json, print_table, printable, since
from podlab.cli.runner import say
from podlab.cli.session import session

COLOURS = {"Warning": "yellow", "Normal": "dim"}


@declare(
    "history", example="podlab history web\npodlab history web -c app --warnings\npodlab history web -o json"
)
@pod_argument()
@container_option()
@click.option("--warnings", is_flag=True, help="Only what was not as it should be.")
@output_option("table", "json")
async def command(pod: str, container: str | None, warnings: bool, output: str) -> None:
    """Tell what happened to a pod, the latest last: its containers' starts and ends, probes that failed, back-off.

    What podlab noted is kept in the engine, the last 100 as long as the pod is there, so any podlab tells the same; an
    agent notes it (`podlab agent`), and `podlab up` where it has more to do than to start containers. What the engine
    itself still remembers stands between.
    """
    from podlab.pods.history import history

    async with session() as engine:
        found = [
            each
            for each in await history(engine, pod)
            if container in (None, each.container) and (each.type == "Warning" or not warnings)
        ]
    if output == "json":
        print_json(found)
        return
    if not found:
        say(f"nobody remembers anything of pod {pod!r}; an agent notes what happens: `podlab agent install`")
        return
    rows = [
        [_age(each.at, each.count), each.type, each.reason, each.container or "-", printable(each.message)]
        for each in found
    ]
    print_table(["LAST SEEN", "TYPE", "REASON", "CONTAINER", "MESSAGE"], rows, colours=COLOURS)


def _age(at: datetime, count: int) -> str:
    """`3m20s`, or `3m20s (x5)` as kubectl writes it."""
    return f"{since(at)}{f' (x{count})' if count > 1 else ''}"
