"""`podlab objects`: what the engine keeps beside pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podlab.cli.command import command as declare
from podlab.cli.objects import shown
from podlab.cli.output import output_option, print_json, print_table
from podlab.cli.session import session
from podlab.errors import PodlabError

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.objects import Object


@declare("objects", example="podlab objects\npodlab objects -o json\npodlab down configmap/web")
@output_option("table", "json", "name")
async def command(output: str) -> None:
    """List ConfigMaps, Secrets and claims, and workloads; which keys they have, and which pods refer to them.

    Values of Secrets are not shown, neither here nor in any other command.
    """
    from podlab.objects import key_of
    from podlab.objects.kinds import hidden
    from podlab.wire import encode

    async with session() as engine:
        kept = [*await engine.objects()]
        users = await _users(engine)
    if output == "json":
        print_json(
            [
                {"kind": key_of(each)[0], **encode(hidden(each)), "usedBy": users.get(key_of(each), [])}
                for each in kept
            ]
        )
    elif output == "name":
        for each in kept:
            click.echo(shown(*key_of(each)))
    else:
        rows = [[shown(*key_of(e)), content(e), ", ".join(users.get(key_of(e), [])) or "-"] for e in kept]
        print_table(["NAME", "HAS", "USED BY"], rows)


def content(made: Object) -> str:
    """What is in it, in few words."""
    from podlab.model import ConfigMap, PersistentVolumeClaim, Secret

    if isinstance(made, ConfigMap):
        return ", ".join(sorted([*made.data, *made.binary_data])) or "nothing"
    if isinstance(made, Secret):
        return ", ".join(sorted(made.data)) or "nothing that this user's key opens"
    if isinstance(made, PersistentVolumeClaim):
        size: Any = (made.spec.resources.requests if made.spec.resources else {}).get("storage", "?")
        return f"{size}, {', '.join(made.spec.access_modes)}"
    return "-"


async def _users(engine: Engine) -> dict[tuple[str, str], list[str]]:
    from podlab.objects import references

    users: dict[tuple[str, str], list[str]] = {}
    for status in await engine.list():
        try:
            pod = await engine.spec(status.name)
        except PodlabError:  # gone meanwhile, or half of it
            continue
        for key in {(each.kind, each.name) for each in references(pod)}:
            users.setdefault(key, []).append(pod.name)
    return users
