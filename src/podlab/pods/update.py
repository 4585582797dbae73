"""Which containers of a pod run an image that is not the newest of its name any more, and make them anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from podlab.errors import NotFound, PodlabError
from podlab.images.store import AsksRegistries
from podlab.status import Kind

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.images.store import ImageStore
    from podlab.pods.pull_secrets import Logins
    from podlab.status import ContainerStatus, PodStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """A container, its image's name, and the ids (of a registry's image the digest) that it has and would get."""

    container: str
    image: str
    now: str
    newer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a registry has of an image: `newer` than the engine's, the `same`, or `unknown`, and `message` says why."""

    image: str
    what: Literal["newer", "same", "unknown"]
    message: str = ""


async def outdated(store: ImageStore, status: PodStatus) -> list[Outdated]:
    """The containers whose image's name means another image on the engine now. An image by digest is never outdated,
    and an init container that has had its turn is not run again."""
    found = []
    for each in filter(_counts, status.containers):
        try:
            newest = await store.image(each.image)
        except NotFound:
            continue
        if each.image_id and newest.id != each.image_id:
            found.append(Outdated(container=each.name, image=each.image, now=each.image_id, newer=newest.id))
    return found


async def offered(
    store: ImageStore, images: Sequence[str], logins: Logins = MappingProxyType({})
) -> list[Offered]:
    """What registries have, without getting it."""
    rows = []
    for image in images:
        try:
            if not isinstance(store, AsksRegistries):
                rows.append(Offered(image=image, what="unknown", message="this engine cannot ask a registry"))
                continue
            digest = await store.registry_digest(image, logins.get(image, ()))
            own = (await store.image(image)).digests
        except PodlabError as error:
            rows.append(Offered(image=image, what="unknown", message=error.message))
        else:
            is_same = any(each.endswith(f"@{digest}") for each in own)
            rows.append(Offered(image=image, what="same" if is_same else "newer"))
    return rows


async def renew(
    engine: Engine, pod: str, rows: Sequence[Outdated], on_done: Callable[[Outdated], None] = lambda row: None
) -> None:
    """Make these containers anew, one after another; the others go on."""
    for row in rows:
        await engine.renew(pod, row.container)
        on_done(row)


def _counts(container: ContainerStatus) -> bool:
    return "@" not in container.image and container.kind is not Kind.INIT
