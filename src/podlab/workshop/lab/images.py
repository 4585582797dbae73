"""Which images a workshop needs, and where: on the engine for its pods, in the mirror for what attendees pull."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podlab.errors import NotFound, PodlabError
from podlab.images import mirror
from podlab.images.needs import needed
from podlab.images.prepare import prepare as get
from podlab.images.reference import parse
from podlab.images.store import HoldsImages
from podlab.lesson.named_images import images_named
from podlab.naming import FIREWALL_IMAGE, MIRROR_IMAGE
from podlab.pods import pull_secrets
from podlab.workshop.lab import mirror as lab_mirror

if TYPE_CHECKING:
    from collections.abc import Callable

    from podlab.engines.base import Engine
    from podlab.images.needs import Policy
    from podlab.images.prepare import Prepared, Progress
    from podlab.images.reference import Reference
    from podlab.images.store import ImageStore
    from podlab.lesson.lesson import Lesson
    from podlab.manifest.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class LabImages:
    """`pods`: on the engine, before a seat can start. `preload`: in the mirror, as the workshop says so itself.
    `named`: in the mirror, if they can be had; the lesson names them, and may do so as an example of what fails.
    `elsewhere`: by digest, or of registries that no mirror stands in for; seats need an uplink for those."""

    pods: dict[str, Policy]
    preload: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


async def prepare(
    engine: Engine,
    workshop: Workshop,
    lesson: Lesson | None = None,
    *,
    anywhere: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_done: Callable[[Prepared], None] = lambda prepared: None,
    on_warning: Callable[[str], None] = lambda message: None,
) -> tuple[str, ...]:
    """Get what is not there, and put into the mirror what it is to hold; all references that are there then.

    With `anywhere`, what other engines need for it, too. What the pods and the workshop itself name must be had; an
    image that only the lesson names and that cannot be had is a warning. An engine whose nodes pull by themselves is
    left alone.
    """
    if not isinstance(engine, HoldsImages):
        return ()
    store, images = engine.image_store, wanted(workshop, lesson, anywhere=anywhere)
    logins = await pull_secrets.of_pods(engine, [workshop.pod()], on_warning=on_warning)
    seed = (*images.preload, *images.named)
    is_complete = not seed or await mirror.current(store, seed) is not None
    if not is_complete and (missing := [name for name in images.named if not await _is_there(store, name)]):
        try:
            await get(store, dict.fromkeys(missing, "IfNotPresent"), on_progress=on_progress, on_done=on_done)
        except PodlabError as error:
            on_warning(f"the lesson names images that the mirror will not have: {error.message}")
        seed = (*images.preload, *[name for name in images.named if await _is_there(store, name)])
    await get(
        store,
        images.pods,
        mirrored=seed,
        logins=logins,
        on_progress=on_progress,
        on_done=on_done,
        on_warning=on_warning,
    )
    there = [name for name in seed if await _is_there(store, name)]
    return tuple({parse(name).familiar: None for name in (*images.pods, *there)})


async def _is_there(store: ImageStore, reference: str) -> bool:
    try:
        await store.image(reference)
    except NotFound:
        return False
    return True


def wanted(workshop: Workshop, lesson: Lesson | None = None, *, anywhere: bool = False) -> LabImages:
    """`anywhere`: for all levels that the nested daemon may get on another engine."""
    pods = needed([workshop.pod()])
    if anywhere and workshop.spec.level in (None, "auto"):
        levels = [
            replace(workshop, spec=replace(workshop.spec, level=name)) for name in ("userns", "rootless")
        ]
        pods = needed([each.pod() for each in levels])
    pods[FIREWALL_IMAGE] = "IfNotPresent"
    if lab_mirror.mode(workshop) == "none":
        return LabImages(pods=pods)
    if not any(mirror.is_mirror(name) for name in pods):
        pods[MIRROR_IMAGE] = "IfNotPresent"
    images = workshop.spec.images
    preload = [parse(name) for name in images.preload] if images else []
    named = [each for each in (images_named(lesson) if lesson else ()) if each not in preload]
    return LabImages(
        pods=pods,
        preload=tuple(each.familiar for each in preload),
        named=tuple(each.familiar for each in named if _can_be_mirrored(each)),
        elsewhere=tuple(each.familiar for each in named if not _can_be_mirrored(each)),
    )


def _can_be_mirrored(image: Reference) -> bool:
    """A daemon asks mirrors for images of the Docker Hub; one by its digest is the very one that is there."""
    return image.is_on_hub and not image.digest
