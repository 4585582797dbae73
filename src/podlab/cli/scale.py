"""`podlab scale KIND/NAME --replicas N`: another number of pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli import workloads
from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_images
from podlab.cli.session import session
from podlab.cli.waiting import Waiting
from podlab.errors import Usage

if TYPE_CHECKING:
    from podlab.engines.base import Engine


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """`deployment/web` of all that can be scaled."""
    import asyncio

    async def ask() -> list[str]:
        from podlab.engines import connect as engines

        async with asyncio.timeout(1):
            engine = await engines.connect(ctx.meta.get("podlab.engine", ""), ctx.meta.get("podlab.host", ""))
            try:
                return [f"{kind.lower()}/{name}" for kind, name in await workloads.there(engine)]
            finally:
                await engine.close()

    try:
        return sorted(each for each in asyncio.run(ask()) if each.startswith(incomplete))
    except Exception:
        return []


@declare(
    "scale", example="podlab scale deployment/web --replicas 3\npodlab scale statefulset/db --replicas 0"
)
@click.argument("names", nargs=-1, required=True, metavar="KIND/NAME...", shell_complete=_complete)
@click.option("--replicas", type=click.IntRange(0, 1000), required=True, metavar="N", help="So many pods.")
@click.option("--no-wait", is_flag=True, help="Return when the containers are started.")
@click.option("--timeout", type=duration, default="2m", show_default=True, metavar="DURATION",
              help="How long to wait until ready.")  # fmt: skip
@output_option("text", "json")
async def command(names: tuple[str, ...], replicas: int, no_wait: bool, timeout: int, output: str) -> None:
    """Give a Deployment, ReplicaSet or StatefulSet another number of pods.

    Of a StatefulSet, pods come in order and go in reverse. `podlab up` with the file sets the number of the file again.
    """
    wanted = [_named(each) for each in names]
    async with session(clear_first=True) as engine:
        counts = {}
        for kind, name in wanted:
            await _scale(engine, kind, name, replicas, None if no_wait else timeout)
            counts[f"{kind.lower()}/{name}"] = replicas
        if output == "json":
            print_json([await engine.object(kind, name) for kind, name in wanted])
            return
    for each, count in counts.items():
        click.echo(
            f"{each} scaled: {count} pod{'s' * (count != 1)}{'' if no_wait else ' ready' * bool(count)}"
        )


async def _scale(engine: Engine, kind: str, name: str, replicas: int, timeout_s: int | None) -> None:
    from podlab.workloads.change import existing, scale

    await prepare_images(engine, workloads.first_pods([await existing(engine, kind, name)]))
    with Waiting() as waiting:
        await scale(
            engine, kind, name, replicas, wait=timeout_s is not None, timeout_s=timeout_s,
            on_progress=waiting.show,
        )  # fmt: skip


def _named(text: str) -> tuple[str, str]:
    found = workloads.named(text)
    if found is None:
        raise Usage(
            f"{text!r} is not KIND/NAME", hint="such as deployment/web; pods by themselves have no number"
        )
    return found
