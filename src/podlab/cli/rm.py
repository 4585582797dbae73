"""`podlab rm`: remove containers from a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.completion import complete_containers
from podlab.cli.session import session
from podlab.errors import NotFound

if TYPE_CHECKING:
    from podlab.model import Pod


@declare("rm", example="podlab rm web side")
@pod_argument()
@click.argument(
    "containers", nargs=-1, required=True, metavar="CONTAINER...", shell_complete=complete_containers
)
async def command(pod: str, containers: tuple[str, ...]) -> None:
    """Remove containers from a pod; the others go on. `podlab down` removes a whole pod."""
    from podlab.pods.change import change
    from podlab.pods.member import without

    def left(wanted: Pod) -> Pod:
        for name in containers:
            if wanted.container(name) is None:
                raise NotFound(
                    f"no container {name!r} in pod {pod!r}",
                    subject=name,
                    hint=f"it has {', '.join(each.name for each in wanted.spec.containers) or 'none'}",
                )
        for name in containers:
            wanted = without(wanted, name)
        return wanted

    async with session() as engine:
        # The others are as they are: a stopped one is not started by removing another.
        hold = [each.name for each in (await engine.get(pod)).containers if each.state != "running"]
        await change(engine, pod, left, hold=hold)
    for name in dict.fromkeys(containers):
        click.echo(name)
