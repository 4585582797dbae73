"""Whether all is there that a pod refers to, before it is made: a kubelet would tell later, and only in an event."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from podlab import objects as refers
from podlab.engines.kubernetes.objects.document import known
from podlab.engines.kubernetes.objects.kinds import path
from podlab.errors import Denied, NotFound
from podlab.objects import Object, Reference, key_of

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.model import Pod


async def missing(client: Client, pod: Pod, put: Collection[Object] = ()) -> None:
    """`NotFound` for the first that counts and is not there; `put` are taken as if they were. Anybody's objects count.
    What we may not read is left to the kubelet."""
    needed = [each for each in refers.references(pod) if not each.is_optional]
    there = {key_of(each): each for each in put}
    asked = sorted({(each.kind, each.name) for each in needed} - there.keys())
    hidden = set()
    for key, found in zip(asked, await asyncio.gather(*(_find(client, *key) for key in asked)), strict=True):
        if isinstance(found, Denied):
            hidden.add(key)
        elif found is not None:
            there[key] = found
    refers.missing(pod, (each for each in needed if not _is_among(each, hidden)), there)


def _is_among(reference: Reference, hidden: set[tuple[str, str]]) -> bool:
    return (reference.kind, reference.name) in hidden


async def _find(client: Client, kind: str, name: str) -> Object | Denied | None:
    try:
        return known(kind, await client.json("GET", await path(client, kind, name)))
    except NotFound:
        return None
    except Denied as error:
        return error
