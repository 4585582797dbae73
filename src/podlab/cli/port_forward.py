"""podlab port-forward: reach a port in a pod, published or not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.runner import warn
from podlab.cli.session import session
from podlab.errors import PodlabError, Usage

if TYPE_CHECKING:
    from podlab.pods.forward import Forward


@declare("port-forward", example="podlab port-forward web 8080:80\npodlab port-forward web :5000 2375")
@click.option("--address", default="127.0.0.1", show_default=True, help="The local address to listen on.")
@pod_argument()
@click.argument("ports", nargs=-1, required=True, metavar="[LOCAL:]PORT...")
async def command(pod: str, ports: tuple[str, ...], address: str) -> None:
    """Make ports of POD reachable on this machine until Ctrl-C.

    Servers that listen on the pod's loopback address only are reached, too, and nothing need be published.
    :PORT takes any free local port. Where nobody listens in the pod, the connection is closed and a warning
    says so.
    """
    from podlab.pods.forward import forwarding

    wanted = [_parse(text) for text in ports]

    def failed(port: Forward, error: PodlabError) -> None:
        warn(f"a connection to port {port.remote} failed: {error.message}")

    async with session() as engine:
        await engine.get(pod)
        async with forwarding(engine, pod, wanted, address=address, on_error=failed) as bound:
            shown = f"[{address}]" if ":" in address else address
            for port in bound:
                click.echo(f"Forwarding from {shown}:{port.local} -> {port.remote}")
            await asyncio.Event().wait()


def _parse(text: str) -> Forward:
    from podlab.pods.forward import Forward

    local, colon, remote = text.rpartition(":")
    try:
        forward = Forward(int(local or 0) if colon else int(remote), int(remote))
    except ValueError:
        raise _no_port(text) from None
    if not (0 <= forward.local <= 65535 and 1 <= forward.remote <= 65535):
        raise _no_port(text)
    return forward


def _no_port(text: str) -> Usage:
    return Usage(f"{text!r} is not [LOCAL:]PORT", subject=text, hint="such as 8080:80, :80 or 80")
