"""A new version of an object, for the pods that have its files: a kubelet does the same within a minute."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from podlab.engines.docker import find
from podlab.engines.docker.contents.around import load
from podlab.engines.docker.contents.fill import fill
from podlab.errors import Conflict, NotFound
from podlab.model import Pod
from podlab.objects import Object, key_of
from podlab.objects.files import has_content
from podlab.objects.references import of_volume
from podlab.wire import decode

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Volume


async def refresh(client: Client, made: Object) -> None:
    """All files that running pods have of it. Where one cannot be made of the new version (a key is gone), the old
    files stay, as under Kubernetes."""
    key = key_of(made)
    async with asyncio.TaskGroup() as group:
        for found in await find.pods(client):
            if found.infra and found.infra.is_up and found.spec:
                pod = decode(Pod, found.spec)
                for volume in pod.spec.volumes:
                    if has_content(volume) and any((r.kind, r.name) == key for r in of_volume(volume)):
                        group.create_task(_fill(client, pod, volume))


async def _fill(client: Client, pod: Pod, volume: Volume) -> None:
    with suppress(NotFound, Conflict):  # gone meanwhile, or an object is
        await fill(client, pod, volume, await load(client, pod, of_volume(volume)))
