"""`podlab top`: the processes of a pod."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podlab.cli.command import command as declare
from podlab.cli.command import container_option, pod_argument
from podlab.cli.output import output_option, print_json, print_table
from podlab.cli.session import session
from podlab.status import State

if TYPE_CHECKING:
    from collections.abc import Sequence


@declare("top", example="podlab top web\npodlab top web -c app -o json")
@pod_argument()
@container_option()
@output_option("table", "json")
async def command(pod: str, container: str | None, output: str) -> None:
    """List the processes of a pod's running containers, as the engine's machine sees them."""
    async with session() as engine:
        names = [container] if container else [
            each.name for each in (await engine.get(pod)).containers if each.state is not State.TERMINATED
            and each.state is not State.WAITING
        ]  # fmt: skip
        found = await asyncio.gather(*(engine.processes(pod, name) for name in names))
    rows: list[tuple[str, Sequence[str], Sequence[str]]] = [
        (name, titles, row) for name, (titles, lines) in zip(names, found, strict=True) for row in lines
    ]
    if output == "json":
        print_json([{"container": name, **dict(zip(titles, row, strict=True))} for name, titles, row in rows])
    else:
        titles = found[0][0] if found else ("PID",)
        print_table(["CONTAINER", *titles], [[name, *row] for name, _, row in rows])
