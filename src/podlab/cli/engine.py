"""`podlab engine start|stop|status|address`: a private Docker Engine from an installed dockerd."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from podlab.cli.command import Group
from podlab.cli.output import output_option, print_json, span

if TYPE_CHECKING:
    from podlab.engines.docker.daemon import Status

F = TypeVar("F", bound=Callable[..., Any])

command = Group(
    "engine",
    help="""Start, stop and check a private Docker Engine.

    It has its own data, socket, addresses and cgroup, and never touches an engine that is there already.
    podlab finds the one named `default` by itself where no other engine answers; for another name, or for
    docker itself, set DOCKER_HOST to the address that `start` prints.
    """,
)


def name_option(function: F) -> F:
    return click.option(
        "--name",
        default="default",
        show_default=True,
        help="Which one: 1 to 8 lower-case letters and digits.",
    )(function)


@command.subcommand(
    "start",
    example="""
        podlab engine start
        podlab engine start --name lab --own-network
        eval "$(podlab engine start --name lab -o shell)"; docker ps""",
)
@name_option
@click.option(
    "--own-network/--host-network",
    default=None,
    help="In a network namespace of its own, where published ports are at an address of the engine and no "
    "other network is reached; or in the host's. By itself: own where another engine runs already.",
)
@output_option("text", "json", "shell")
async def start(name: str, own_network: bool | None, output: str) -> None:
    """Start a private engine from an installed dockerd, as root.

    It is one where it runs already. It goes on until it is stopped or the machine is.
    """
    from podlab.engines.docker import daemon

    show(await daemon.start(daemon.place(name), own_network=own_network), output)


@command.subcommand(
    "stop",
    example="""
        podlab engine stop
        podlab engine stop --name lab --purge""",
)
@name_option
@click.option("--purge", is_flag=True, help="Remove its images, containers and volumes, too.")
@click.option("-f", "--force", is_flag=True, help="Do not ask before --purge.")
async def stop(name: str, purge: bool, force: bool) -> None:
    """Stop a private engine with its containers; leave no process, mount, interface or firewall rule.

    Also cleans up after an engine that was killed. Its images stay for the next start, without --purge.
    """
    from podlab.cli.runner import say
    from podlab.engines.docker import daemon

    place = daemon.place(name)
    if purge and not force:
        click.confirm(f"Remove all images, containers and volumes in {place.state}?", abort=True, err=True)
    if not await daemon.stop(place, purge=purge):
        say(f"engine {name!r} does not run")


@command.subcommand("status", example="podlab engine status -o json")
@name_option
@output_option("text", "json", "shell")
async def status(name: str, output: str) -> int:
    """Tell version, address, process, data, containers and network of a private engine.

    The exit code is 3 where it does not run.
    """
    from podlab.engines.docker import daemon

    found = await daemon.status(daemon.place(name))
    show(found, output)
    return 0 if found.running else 3


@command.subcommand("address", example="DOCKER_HOST=$(podlab engine address) docker ps")
async def address() -> None:
    """Print the address of the engine that podlab uses, private or not, where it answers."""
    from podlab.cli.runner import say
    from podlab.engines.docker.address import resolve
    from podlab.engines.docker.api import Client

    found = resolve(click.get_current_context().meta.get("podlab.host", ""))
    version = await Client(found).json("GET", "/version")
    click.echo(str(found))
    say(f"Docker Engine {version.get('Version')}, chosen by {found.chosen_by}")


def show(found: Status, output: str) -> None:
    """`shell` is a line for `eval`."""
    if output == "json":
        return print_json(found)
    if output == "shell":
        return click.echo(f"export DOCKER_HOST={found.address}" if found.running else "unset DOCKER_HOST")
    where = {"host": "the host's", "own": f"its own; published ports are at {found.ports_at}"}
    rows = {"engine": f"{found.name}, {'running' if found.running else 'not running'}"}
    if found.running:
        rows |= {
            "address": found.address,
            "version": found.version,
            "process": str(found.pid),
            "up": span(timedelta(seconds=found.uptime_s)),
            "containers": str(found.containers),
            "network": where.get(found.network, "unknown"),
        }
    rows["data"] = found.data_root
    for title, value in rows.items():
        click.echo(f"{title + ':':12}{value}")
    return None
