"""Objects as labels of volumes. Labels cannot be changed: each version is a volume of its own, older ones go last."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from podlab import naming
from podlab.engines.docker import find
from podlab.engines.docker.delete import remove_volume
from podlab.engines.docker.objects.seal import seal, unseal
from podlab.errors import Conflict, Denied, NotFound, Unsupported
from podlab.model import Secret
from podlab.objects.kinds import KINDS, Object, key_of, replaced, settled
from podlab.wire import decode, encode

if TYPE_CHECKING:
    from podlab.engines.base import Put
    from podlab.engines.docker.api import Client

ATTEMPTS: Final = 5
_Kept = Mapping[str, Any]
"""A volume, as the engine lists it."""


async def put(client: Client, made: Object) -> Put:
    """`Conflict` where others put one of that name again and again at the same time."""
    wanted = settled(made)
    kind, name = key_of(wanted)
    for _ in range(ATTEMPTS):
        there = _newest(await _volumes(client, kind, name))
        before = _known(there)
        if before is not None and encode(replaced(before, wanted)) == encode(before):
            return "unchanged"
        body = _body(wanted, _generation(there) + 1 if there else 1)
        answer = await client.json("POST", "/volumes/create", body=body)
        kept = await _volumes(client, kind, name)
        # One that exists already is answered as it is; and who was slow may write what others have passed.
        if answer["Labels"] != body["Labels"] or _newest(kept)["Name"] != body["Name"]:
            if answer["Labels"] == body["Labels"]:
                await remove_volume(client, body["Name"])
            continue
        await _remove(client, [each for each in kept if each["Name"] != body["Name"]])
        return "configured" if there else "created"
    raise Conflict(f"{kind} '{name}' is being put by somebody else", subject=name, hint="repeat it")


async def get(client: Client, kind: str, name: str) -> Object:
    kept = await _volumes(client, kind, name)
    if not kept:
        raise NotFound(f"there is no {kind} '{name}'", subject=name)
    return _opened(_newest(kept))


async def chosen(client: Client, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Object]:
    """Those of these that are there."""
    async with asyncio.TaskGroup() as group:
        asked = {key: group.create_task(_volumes(client, *key)) for key in keys}
    return {key: _opened(_newest(task.result())) for key, task in asked.items() if task.result()}


async def everything(client: Client, kinds: Collection[str] = ()) -> list[Object]:
    newest: dict[tuple[str, str], _Kept] = {}
    for each in await find.volumes(client, naming.CONTENT):
        of_kind, _, name = each["Labels"][naming.OBJECT].partition("/")
        key = (of_kind, name)
        if (not kinds or of_kind in kinds) and (key not in newest or _generation(newest[key]) < _generation(each)):
            newest[key] = each
    return [_opened(newest[key], closed=True) for key in sorted(newest)]


async def remove(client: Client, kind: str, name: str) -> None:
    """A claim's data first: a pod that has it keeps both."""
    if kind == "PersistentVolumeClaim":
        try:
            await remove_volume(client, naming.claim_volume(name))
        except Conflict as error:
            raise Conflict(
                f"{kind} '{name}' is in use by a pod: {error.message}",
                subject=name,
                hint="`podlab down` of that pod first",
            ) from error
    await _remove(client, await _volumes(client, kind, name))


async def _remove(client: Client, kept: Collection[_Kept]) -> None:
    """The newest last, so that no older one counts meanwhile."""
    for each in sorted(kept, key=_generation):
        await remove_volume(client, each["Name"])


async def _volumes(client: Client, kind: str, name: str) -> list[_Kept]:
    found = await find.volumes(client, f"{naming.OBJECT}={kind}/{name}")
    return [each for each in found if naming.CONTENT in each["Labels"]]


def _newest(kept: Collection[_Kept]) -> _Kept:
    return max(kept, key=_generation, default={})


def _generation(kept: _Kept) -> int:
    return int(kept["Labels"][naming.GENERATION])


def _body(made: Object, generation: int) -> dict[str, Any]:
    kind, name = key_of(made)
    labels = {
        naming.ROLE: "object", naming.VERSION: naming.LABEL_SCHEME, naming.OBJECT: f"{kind}/{name}",
        naming.GENERATION: str(generation),
    }  # fmt: skip
    if isinstance(made, Secret):
        labels[naming.SEALED], labels[naming.SEALED_WITH] = seal(name, made.data)
        made = dataclasses.replace(made, data={})
    labels[naming.CONTENT] = json.dumps(encode(made), separators=(",", ":"))
    return {"Name": naming.object_volume(kind, name, generation), "Labels": labels}


def _known(kept: _Kept) -> Object | None:
    """None for a Secret that was sealed with another key: it may be replaced."""
    if not kept:
        return None
    try:
        return _opened(kept)
    except Denied:
        return None


def _opened(kept: _Kept, *, closed: bool = False) -> Object:
    """`closed`: a Secret of somebody else comes without its values."""
    labels = kept["Labels"]
    kind, _, name = labels[naming.OBJECT].partition("/")
    if labels[naming.VERSION] != naming.LABEL_SCHEME or kind not in KINDS:
        raise Unsupported(
            f"{kind} '{name}' was put by a newer podlab (labels of version {labels[naming.VERSION]})",
            subject=name,
            hint="use that version of podlab",
        )
    made: Object = decode(KINDS[kind], json.loads(labels[naming.CONTENT]))
    if isinstance(made, Secret):
        try:
            values = unseal(name, labels[naming.SEALED], labels[naming.SEALED_WITH])
        except Denied:
            if not closed:
                raise
            values = {}
        return dataclasses.replace(made, data=values)
    return made
