"""`podlab publish|unpublish`: ports of a pod that runs already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.output import output_option, print_json
from podlab.cli.prepared import prepare_named
from podlab.cli.session import session
from podlab.errors import Usage
from podlab.naming import FIREWALL_IMAGE
from podlab.pods.change import change
from podlab.pods.edits import publishing, unpublishing
from podlab.ports import parse

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import ContainerPort, Pod


@declare("publish", example="podlab publish web 8080:80\npodlab publish web 127.0.0.1:5432:5432 5353:53/udp")
@pod_argument()
@click.argument("ports", nargs=-1, required=True, metavar="[IP:]HOST_PORT:PORT[/udp]...")
@output_option("text", "json")
async def publish(pod: str, ports: tuple[str, ...], output: str) -> None:
    """Publish ports of a pod that is there already. Nothing of it is restarted.

    The port is the pod's from now on: it survives restarts of the pod, of its infra container and of the engine, is in
    `podlab ps`, and goes with the pod. TCP and UDP (`5353:53/udp`): on a Docker Engine a small container passes what
    comes on to the pod, so a server there sees that container's address, and must listen on more than loopback. Ports
    that are known when a pod is made (hostPort in its file) need none. `podlab up` with the pod's file takes back what
    the file does not publish.
    """
    wanted = [_port(each) for each in ports]
    async with session() as engine:
        hold = await held(engine, pod)
        if any(each.protocol == "UDP" for each in wanted):
            await prepare_named(engine, FIREWALL_IMAGE)
        await change(engine, pod, lambda now: publishing(now, wanted), hold=hold)
        status = await engine.get(pod)
    if output == "json":
        print_json(status.ports)
        return
    for each in wanted:
        udp = "/udp" if each.protocol == "UDP" else ""
        click.echo(f"{each.host_ip or '0.0.0.0'}:{each.host_port} -> {pod}:{each.container_port}{udp}")


@declare("unpublish", example="podlab unpublish web 8080\npodlab unpublish web 127.0.0.1:5432:5432")
@pod_argument()
@click.argument("ports", nargs=-1, required=True, metavar="HOST_PORT|[IP:]HOST_PORT:PORT...")
@output_option("text", "json")
async def unpublish(pod: str, ports: tuple[str, ...], output: str) -> None:
    """Take back ports that `podlab publish` has published. Their connections are cut; nothing else changes.

    On a Docker Engine a port that the pod was made with cannot be taken back while the pod lives.
    """
    gone: list[str] = []

    def without(now: Pod) -> Pod:
        nonlocal gone
        wanted, gone = unpublishing(now, ports)
        return wanted

    async with session() as engine:
        await change(engine, pod, without, hold=await held(engine, pod))
        status = await engine.get(pod)
    if output == "json":
        print_json(status.ports)
        return
    for each in gone:
        click.echo(each)


async def held(engine: Engine, pod: str) -> list[str]:
    """The containers that do not run: a change that is not about them does not start them."""
    return [each.name for each in (await engine.get(pod)).containers if each.state != "running"]


def _port(text: str) -> ContainerPort:
    try:
        return parse(text)
    except ValueError as error:
        raise Usage(str(error), hint="such as 8080:80, or 127.0.0.1:8080:80") from error
