"""`podlab create NAME`: a pod without containers, the first step of making one by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import duration
from podlab.cli.prepared import prepare_images
from podlab.cli.session import session
from podlab.errors import AlreadyExists
from podlab.model import ISOLATED, PUBLISH, Metadata, Pod, PodSpec

if TYPE_CHECKING:
    from collections.abc import Sequence


@declare(
    "create",
    example="""
        podlab create workshop
        podlab create --lifetime 1h --share pid -p 8080:80 web""",
)
@click.argument("name")
@click.option("--share", type=click.Choice(["pid"]), help="Share the process list, too.")
@click.option("--lifetime", type=duration, metavar="DURATION", help="The pod ends after this time.")
@click.option(
    "-p", "--publish", multiple=True, metavar="[IP:]HOST:PORT[/PROTO]", help="Publish a port of the pod."
)
@click.option(
    "--hostname", metavar="NAME", help="The host name that all containers see; else the pod's name."
)
@click.option("--isolated", is_flag=True, help="No other pod can reach it.")
@click.option(
    "--restart",
    "restart_policy",
    type=click.Choice(["Always", "OnFailure", "Never"]),
    default="Never",
    show_default=True,
    help="What happens to containers that end.",
)
async def command(
    name: str, share: str | None, lifetime: int | None, publish: Sequence[str], hostname: str | None, isolated: bool,
    restart_policy: str,
) -> None:  # fmt: skip
    """Create an empty pod: the infra container that holds the namespaces. `podlab run --pod NAME` fills it.

    Its ports and host name belong to the namespaces, so they are given here, once.
    """
    from podlab.manifest import check_pod

    annotations = {ISOLATED: "true"} if isolated else {}
    if publish:
        annotations[PUBLISH] = ",".join(publish)
    pod = Pod(
        metadata=Metadata(name=name, annotations=annotations),
        spec=PodSpec(
            restart_policy=restart_policy,  # type: ignore[arg-type]
            share_process_namespace=True if share == "pid" else None,
            active_deadline_seconds=lifetime,
            hostname=hostname,
        ),
    )
    check_pod(pod)
    async with session(clear_first=True) as engine:
        if any(status.name == name for status in await engine.list()):
            raise AlreadyExists(
                f"pod '{name}' is there already", subject=name, hint=f"`podlab down {name}` removes it"
            )
        await prepare_images(engine, [pod])
        await engine.apply(pod)
    click.echo(f"pod/{name} created")
