"""`podlab debug`: another image in a pod's namespaces, for a moment."""

from __future__ import annotations

import click

from podlab import naming
from podlab.cli import terminal
from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.completion import complete_containers
from podlab.cli.prepared import prepare_named
from podlab.cli.runner import say
from podlab.cli.session import session
from podlab.cli.streaming import detach_keys_option, stream
from podlab.engines.base import ExecOptions


@declare(
    "debug",
    rest_after=1,
    example="""podlab debug web
        podlab debug web --target app -- ps
        podlab debug web --image nicolaka/netshoot -- tcpdump -i any port 80""",
)
@click.option("--image", metavar="IMAGE", default=None, help="What to look with; busybox otherwise.")
@click.option(
    "--target", metavar="CONTAINER", default="", shell_complete=complete_containers,
    help="See this container's processes, and its files at /proc/PID/root.",
)  # fmt: skip
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="A variable; NAME alone takes ours.")
@click.option("-w", "--workdir", metavar="DIR", default="", help="Where it starts.")
@click.option("-u", "--user", metavar="USER[:GROUP]", default="", help="A name or number.")
@click.option("--privileged", is_flag=True, help="With all rights of the machine.")
@click.option("-T", "--no-tty", is_flag=True, help="No terminal, also where there is one.")
@detach_keys_option
@pod_argument()
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
async def command(
    pod: str, image: str | None, target: str, env: tuple[str, ...], workdir: str, user: str, privileged: bool,
    no_tty: bool, detach_keys: str, words: tuple[str, ...],
) -> int:  # fmt: skip
    """Run another image in the network and memory of POD: tools that the pod's own images do not have.

    It is no part of the pod: `podlab up` leaves it alone, and it is removed when you leave it. Without a COMMAND it
    is the image's own, such as a shell. It has a terminal where you have one. The exit code is the command's.

    A container that shares its processes with the whole pod (shareProcessNamespace) needs no --target.
    """
    from podlab.cli.variables import variables

    tty = terminal.has_tty() and not no_tty
    options = ExecOptions(
        tty=tty, stdin=True, env=variables(env), workdir=workdir, user=user, privileged=privileged,
        size=terminal.size() if tty else None, detach_keys=detach_keys,
    )  # fmt: skip
    image = image or naming.infra_image()
    async with session() as engine:
        await prepare_named(engine, image)
        async with engine.debug(pod, image, words, target=target, options=options) as process:
            if tty:
                say(f"{image} in pod {pod!r}; it is removed when you leave")
            return await stream(process, stdin=True, tty=tty, ends_with_us=False)
