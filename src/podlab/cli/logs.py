"""`podlab logs`: what the containers of a pod wrote."""

from __future__ import annotations

import sys
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.completion import complete_containers
from podlab.cli.output import rfc3339
from podlab.cli.session import session
from podlab.cli.style import PREFIXES, paint
from podlab.errors import NotFound, Usage

if TYPE_CHECKING:
    from podlab.engines.base import Engine


def moment(value: str) -> datetime:
    """An option's type: a time as RFC 3339, or how long ago: `10m`."""
    from podlab.quantity import seconds

    try:
        return datetime.now(UTC) - timedelta(seconds=seconds(value))
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is neither a duration such as 10m nor a time as RFC 3339"
        ) from error
    return when if when.tzinfo else when.astimezone()


@declare(
    "logs",
    example="podlab logs web\npodlab logs -f web -c app --tail 20\npodlab logs web --since 10m -t\npodlab logs -p web",
)
@pod_argument()
@click.option("-f", "--follow", is_flag=True, help="Go on until all containers have ended.")
@click.option(
    "-c",
    "--container",
    "containers",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_containers,
    help="Only this container; can be given more than once.",
)
@click.option("-n", "--tail", type=click.IntRange(min=0), help="Only the last lines of each container.")
@click.option("--since", type=moment, metavar="DURATION|TIME", help="Only what was written since then.")
@click.option("-p", "--previous", is_flag=True, help="What was written before the last restart.")
@click.option("-t", "--timestamps", is_flag=True, help="Put the time before each line.")
async def command(
    pod: str,
    follow: bool,
    containers: tuple[str, ...],
    tail: int | None,
    since: datetime | None,
    previous: bool,
    timestamps: bool,
) -> None:
    """Print what all containers of a pod wrote, in order of time.

    Where there is more than one, each line begins with the name of its container. Outputs and errors are
    printed alike, to keep their order. With --previous, those that were never restarted have nothing to print.
    """
    from podlab.pods.logs import interleaved

    if previous and follow:
        raise Usage("--previous is of a run that is over: there is nothing to follow")
    async with session() as engine:
        names = list(dict.fromkeys(containers)) or [each.name for each in (await engine.get(pod)).containers]
        if previous and not containers:
            names = [name for name in names if await _was_restarted(engine, pod, name)]
            if not names:
                raise NotFound(f"no container of pod '{pod}' was started again", subject=pod)
        prefixes = _prefixes(names) if len(names) > 1 else dict.fromkeys(names, "")
        out = sys.stdout.buffer
        sys.stdout.flush()
        found = interleaved(engine, pod, names, follow=follow, tail=tail, since=since, previous=previous)
        async with aclosing(found) as lines:
            async for name, line in lines:
                stamp = f"{rfc3339(line.at)} " if timestamps and line.at else ""
                out.write(f"{prefixes[name]}{stamp}".encode() + line.text + b"\n")
                if follow:
                    out.flush()
        out.flush()


async def _was_restarted(engine: Engine, pod: str, container: str) -> bool:
    try:
        async for _ in engine.logs(pod, container, tail=0, previous=True):
            break
    except NotFound:
        return False
    return True


def _prefixes(names: list[str]) -> dict[str, str]:
    width = max(map(len, names))
    return {
        name: paint(f"{name:{width}} | ", PREFIXES[place % len(PREFIXES)], sys.stdout)
        for place, name in enumerate(names)
    }
