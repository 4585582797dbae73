"""Files of a changed ConfigMap or Secret, soon: a kubelet that sees its pod change looks at its volumes, else once a
minute. https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes import find
from podlab.engines.kubernetes.client import MANAGER, MERGE
from podlab.engines.kubernetes.manifest import REFRESHED
from podlab.engines.kubernetes.status import container_statuses
from podlab.engines.kubernetes.streams.errand import run
from podlab.engines.kubernetes.streams.opening import Place
from podlab.errors import PodlabError
from podlab.status import State

if TYPE_CHECKING:
    from podlab.engines.kubernetes.client import Client
    from podlab.engines.kubernetes.find import Found

SHOWN_S: Final = 15
"""How long new files are waited for; a kubelet that takes longer brings them without anybody waiting."""
PAUSE_S: Final = 0.2
AT_ONCE: Final = 8
_NAMES: Final = {"ConfigMap": ("configMap", "name"), "Secret": ("secret", "secretName")}
_VERSION: Final = "..data"
"""A link in such a volume, to another folder whenever any of its files is another one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a pod shows files of the object, and which version of them; empty where nobody can be asked."""

    place: Place
    path: str
    version: str


async def shown(client: Client, kind: str, name: str, keys: Collection[str]) -> list[Shown]:
    """Before these keys of the object change: once for each volume that has one of them, in podlab's pods."""
    if not keys:
        return []
    with suppress(PodlabError):
        found = await find.pods(client)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(place: Place, path: str) -> Shown:
            async with places:
                return Shown(place, path, await _version(place, path))

        mounts = [each for pod in found for each in _mounts(client, pod, _Source(kind, name, keys))]
        return list(await asyncio.gather(*(one(*each) for each in mounts)))
    return []


async def refresh(client: Client, before: list[Shown], version: str) -> None:
    """After it: tell the kubelets, and return when the files are new. Where that is refused, a minute later is early
    enough."""
    body = {"metadata": {"annotations": {REFRESHED: version}}}

    async def tell(pod: str) -> None:
        await client.json(
            "PATCH", client.pod(pod), query={"fieldManager": MANAGER}, body=body, content_type=MERGE
        )

    async def wait(each: Shown) -> None:
        while each.version and await _version(each.place, each.path) == each.version:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(PAUSE_S)

    with suppress(PodlabError, TimeoutError):
        async with asyncio.timeout(SHOWN_S):
            await asyncio.gather(*(tell(pod) for pod in {each.place.pod for each in before}))
            await asyncio.gather(*map(wait, before))


async def _version(place: Place, path: str) -> str:
    with suppress(PodlabError):
        done = await run(place, ["readlink", f"{path}/{_VERSION}"])
        return done.out.decode(errors="replace") if not done.code else ""
    return ""


@dataclass(frozen=True, slots=True)
class _Source:
    kind: str
    name: str
    keys: Collection[str]

    def is_in(self, volume: Mapping[str, Any]) -> bool:
        field, name = _NAMES[self.kind]
        parts = [each.get(field) or {} for each in (volume.get("projected") or {}).get("sources") or ()]
        whole = volume.get(field) or {}
        return self._has_key(whole, whole.get(name)) or any(
            self._has_key(each, each.get("name")) for each in parts
        )

    def _has_key(self, source: Mapping[str, Any], name: str | None) -> bool:
        items = source.get("items") or ()
        return name == self.name and (not items or any(each["key"] in self.keys for each in items))


def _mounts(client: Client, pod: Found, source: _Source) -> Iterator[tuple[Place, str]]:
    """A file that is mounted alone stays as it was."""
    left = {volume["name"] for volume in pod["spec"].get("volumes") or () if source.is_in(volume)}
    running = {each.name for each in container_statuses(pod) if each.state is State.RUNNING}
    for container in pod["spec"]["containers"] if left else ():
        for mount in container.get("volumeMounts") or ():
            if mount["name"] in left and not mount.get("subPath") and container["name"] in running:
                left.discard(mount["name"])
                yield Place(client, pod["metadata"]["name"], container["name"]), mount["mountPath"]
