"""`podlab rm`: remove containers from a pod."""

from __future__ import annotations

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.completion import complete_containers
from podlab.cli.session import session


@declare("rm", example="podlab rm web side")
@pod_argument()
@click.argument(
    "containers", nargs=-1, required=True, metavar="CONTAINER...", shell_complete=complete_containers
)
async def command(pod: str, containers: tuple[str, ...]) -> None:
    """Remove containers from a pod; the others go on. `podlab down` removes a whole pod."""
    from dataclasses import replace

    from podlab.errors import NotFound

    async with session() as engine:
        wanted = await engine.spec(pod)
        for name in containers:
            if wanted.container(name) is None:
                raise NotFound(
                    f"no container {name!r} in pod {pod!r}",
                    subject=name,
                    hint=f"it has {', '.join(each.name for each in wanted.spec.containers) or 'none'}",
                )
        left = tuple(each for each in wanted.spec.containers if each.name not in containers)
        # The others are as they are: a stopped one is not started by removing another.
        hold = [each.name for each in (await engine.get(pod)).containers if each.state != "running"]
        await engine.apply(replace(wanted, spec=replace(wanted.spec, containers=left)), hold=hold)
    for name in dict.fromkeys(containers):
        click.echo(name)
