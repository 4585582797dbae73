"""`podlab ns`: which namespaces containers share, the lesson of what a pod is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pod_argument
from podlab.cli.output import output_option, print_json, print_table
from podlab.cli.session import session
from podlab.engines.base import NAMESPACES, Sharing

if TYPE_CHECKING:
    from podlab.engines.base import NamespaceRow

_MEANING = {
    Sharing.POD: "one for the whole pod",
    Sharing.OWN: "the container's own",
    Sharing.HOST: "the machine's",
    Sharing.STALE: "joined one that no longer exists: `podlab up` or `podlab restart` repairs it",
}
_COLOURS = {"pod": "green", "own": "", "host": "yellow", "stale": "red"}


@declare("ns", example="podlab ns web")
@pod_argument()
@output_option("table", "json")
async def command(pod: str, output: str) -> None:
    """Show for every container and namespace whether the pod shares it.

    With the number of the namespace where this machine may read it: equal numbers are one namespace.
    """
    async with session() as engine:
        rows = await engine.namespaces(pod)
    if output == "json":
        print_json(rows)
        return
    cells = [[_cell(row, namespace) for namespace in NAMESPACES] for row in rows]
    colours = {cell: _COLOURS[cell.split(" ")[0]] for line in cells for cell in line if cell != "-"}
    table = [[row.container, *line] for row, line in zip(rows, cells, strict=True)]
    print_table(["CONTAINER", *map(str.upper, NAMESPACES)], table, colours=colours)
    used = {sharing for row in rows for sharing in row.sharing.values()}
    click.echo()
    for sharing, meaning in _MEANING.items():
        if sharing in used:
            click.echo(f"{sharing.value:6} {meaning}")


def _cell(row: NamespaceRow, namespace: str) -> str:
    sharing = row.sharing.get(namespace)
    inode = row.inodes.get(namespace)
    return "-" if sharing is None else f"{sharing.value} {inode}" if inode else sharing.value
