"""`podlab inspect`: everything about pods, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.command import pods_argument
from podlab.cli.output import output_option, plain, print_json
from podlab.cli.session import session
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.engines.base import Engine


@declare("inspect", example="podlab inspect web\npodlab inspect web -o yaml")
@pods_argument()
@output_option("json", "yaml")
async def command(pods: tuple[str, ...], output: str) -> None:
    """Print what is wanted and what was found of pods.

    `wanted` is the pod that was last applied, as a file for `podlab up`. One pod is an object, several are
    a list (with -o yaml, documents).
    """
    async with session() as engine:
        found = [await _both(engine, pod) for pod in pods]
    if output == "json":
        print_json(found[0] if len(found) == 1 else found)
        return
    from podlab.manifest.emit import text

    click.echo("---\n".join(text(each) for each in found), nl=False)


async def _both(engine: Engine, pod: str) -> dict[str, Any]:
    wanted = {"apiVersion": "v1", "kind": "Pod", **encode(await engine.spec(pod))}
    return {"wanted": wanted, "found": plain(await engine.get(pod))}
