"""`podlab firewall`: the engine's machine, closed to isolated pods."""

from __future__ import annotations

import click

from podlab.cli.command import command as declare
from podlab.cli.runner import say
from podlab.cli.session import session
from podlab.errors import Unsupported, Usage


@declare(
    "firewall",
    example="""
        podlab firewall
        podlab firewall --lan              also other machines with private addresses
        podlab firewall --print            what to run on the engine's machine by hand
        podlab firewall --open""",
)
@click.option(
    "--lan", is_flag=True, help="Close private addresses beyond the machine, too; name servers stay."
)
@click.option("--open", "opens", is_flag=True, help="Take the rules away again.")
@click.option(
    "--print", "prints", is_flag=True, help="Print the script for the engine's machine; change nothing."
)
async def command(lan: bool, opens: bool, prints: bool) -> None:
    """Close the engine's machine to isolated pods, which are what seats are.

    Without this, a pod reaches by its gateway's address whatever listens on the machine. `podlab serve` does it by
    itself at each start; the rules outlive it and restarts of the engine, and end when the machine is booted. They
    are a table of nftables of podlab's own: nothing else of the firewall is touched. What to expect is in
    docs/security.md; `podlab doctor` tries it from inside a pod.
    """
    from podlab.cli.prepared import prepare_named
    from podlab.engines.docker import firewall
    from podlab.engines.docker.engine import DockerEngine
    from podlab.naming import FIREWALL_IMAGE

    if opens and (lan or prints):
        raise Usage("--open stands alone: it takes all rules away")
    async with session() as engine:
        if not isinstance(engine, DockerEngine):
            raise Unsupported(f"podlab closes machines of Docker Engines, not of {engine.name!r}")
        if prints:
            bridge = await firewall.bridge(engine.client)
            click.echo(firewall.close_script(bridge, closes_lan=lan).strip())
            return
        await prepare_named(engine, FIREWALL_IMAGE)
        if opens:
            await engine.open_machine()
            say("the engine's machine is open to isolated pods")
        else:
            await engine.close_machine(closes_lan=lan)
            say("the engine's machine is closed to isolated pods")
