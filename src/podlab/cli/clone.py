"""`podlab clone POD NEW`: another pod of the same kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import duration, pod_argument
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_images
from podlab.cli.session import session
from podlab.cli.waiting import Waiting
from podlab.errors import AlreadyExists, Usage
from podlab.pods.clone import clones
from podlab.pods.up import up
from podlab.ports import parse

if TYPE_CHECKING:
    from podlab.model import ContainerPort


@declare(
    "clone",
    example="""podlab clone web web-2
        podlab clone web test -n 3            test-0, test-1 and test-2
        podlab clone web web-2 -p 8081:80""",
)
@pod_argument()
@click.argument("new")
@click.option("-n", "--replicas", type=click.IntRange(1, 1000), metavar="N", help="N pods: NEW-0, NEW-1, …")
@click.option("-p", "--publish", multiple=True, metavar="[IP:]HOST:PORT[/PROTO]", help="Publish this port.")
@click.option(
    "--shift-ports", type=click.IntRange(1, 60000), metavar="N",
    help="Publish the same ports N higher; of the next clone 2N, and so on.",
)  # fmt: skip
@click.option("--no-wait", is_flag=True, help="Return when the containers are started.")
@click.option("--timeout", type=duration, default="2m", show_default=True, metavar="DURATION",
              help="How long to wait until ready.")  # fmt: skip
@output_option("text", "json", "name")
async def command(
    pod: str, new: str, replicas: int | None, publish: tuple[str, ...], shift_ports: int | None, no_wait: bool,
    timeout: int, output: str,
) -> None:  # fmt: skip
    """Make another pod as POD is wanted to be, under the name NEW.

    It begins anew: with empty volumes, and with its whole lifetime where it has one. What several pods can share
    (claims, ConfigMaps, folders of the machine) it shares. Ports of the machine belong to one pod, so a clone
    publishes none, but with -p or --shift-ports.
    """
    if publish and (shift_ports or (replicas or 1) > 1):
        raise Usage(
            "-p names ports for one clone", hint="--shift-ports gives each clone the same ports, N higher"
        )
    ports = [_port(each) for each in publish]
    async with session(clear_first=True) as engine:
        names = [new] if replicas is None else [f"{new}-{ordinal}" for ordinal in range(replicas)]
        made = clones(await engine.spec(pod), names, shift_ports=shift_ports, ports=ports)
        if taken := {each.name for each in await engine.list()} & set(names):
            raise AlreadyExists(
                f"there is a pod '{min(taken)}' already", subject=min(taken), hint="choose another name"
            )
        await prepare_images(engine, made)
        with Waiting() as waiting:
            await up(engine, made, wait=not no_wait, timeout_s=timeout, on_progress=waiting.show)
        if output == "json":
            print_json([await engine.get(each) for each in names])
            return
    for name in names:
        click.echo(name if output == "name" else f"pod/{name} created{'' if no_wait else ', ready'}")


def _port(text: str) -> ContainerPort:
    try:
        return parse(text)
    except ValueError as error:
        raise Usage(str(error), hint="such as 8081:80") from error
