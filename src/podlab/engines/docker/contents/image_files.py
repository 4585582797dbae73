"""The files of an image as a volume.

They are copied once, when the pod is made: engines before 28 cannot mount an image. With them come the empty mount
points that the engine puts into every container (`dev`, `proc`, `sys`, `etc/hosts`, …).
https://kubernetes.io/docs/concepts/storage/volumes/#image
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.engines.docker import translate
from podlab.engines.docker.contents.opener import opened
from podlab.engines.docker.streams import read_archive, write_archive
from podlab.errors import NotFound

if TYPE_CHECKING:
    from podlab.engines.docker.api import Client
    from podlab.model import Pod, Volume


async def copy(client: Client, pod: Pod, volume: Volume, image: str) -> None:
    assert volume.image is not None  # noqa: S101 - the plan names image volumes
    of_image = translate.opener_of(pod, None, volume.image.reference)
    try:
        async with (
            opened(client, of_image) as source,
            opened(client, translate.opener(pod, translate.source(pod, volume), image)) as target,
        ):
            await write_archive(client, target, translate.OPENER, read_archive(client, source, "/."))
    except NotFound as error:
        if "No such image" not in error.message:
            raise
        raise NotFound(
            f"volume '{volume.name}' of pod '{pod.name}': image '{volume.image.reference}' is not on the engine",
            subject=volume.image.reference,
            hint="`podlab images prepare` with the pod's file gets it",
        ) from error
