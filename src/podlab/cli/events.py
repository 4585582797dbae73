"""`podlab events`: what happens to pods."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.logs import moment
from podlab.cli.output import output_option, plain, print_json, rfc3339
from podlab.cli.session import session

if TYPE_CHECKING:
    from podlab.engines.base import PodEvent

RECENT = timedelta(hours=1)


@declare("events", example="podlab events --since 10m\npodlab events -f web -o json")
@pod_argument(required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--since",
    type=moment,
    metavar="DURATION|TIME",
    help="From then on; otherwise the last hour, or now with -f.",
)
@output_option("text", "json")
async def command(pod: str | None, follow: bool, since: datetime | None, output: str) -> None:
    """Show what happened to one pod or to all of them: what the engine tells, and what podlab noted, such as what an
    agent did and why. The engine remembers only the recent past; `podlab history` has all that was noted.

    With -o json a list, or with -f one object a line.
    """
    if since is None and not follow:
        since = datetime.now(UTC) - RECENT
    from podlab.pods.happening import happening

    async with session() as engine:
        events = happening(engine, pod or "", since=since, follow=follow)
        if output == "json" and not follow:
            print_json([event async for event in events])
            return
        async for event in events:
            click.echo(json.dumps(plain(event)) if output == "json" else line(event))


def line(event: PodEvent) -> str:
    told = " ".join(f"{key}={value}" for key, value in event.attributes.items())
    who = f"{event.pod}/{event.container}" if event.container else event.pod
    return f"{rfc3339(event.at)} {who} {event.action} {told}".rstrip()
