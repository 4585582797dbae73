"""Which images a workshop needs, and where: on the engine for its pods, in the mirror for what attendees pull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podlab.images.mirror import is_mirror
from podlab.images.needs import needed
from podlab.images.reference import parse
from podlab.lesson.named_images import images_named
from podlab.naming import MIRROR_IMAGE
from podlab.workshop import lab_mirror

if TYPE_CHECKING:
    from podlab.images.needs import Policy
    from podlab.images.reference import Reference
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


def wanted(workshop: Workshop, lesson: Lesson | None = None) -> LabImages:
    pods = needed([workshop.pod()])
    if lab_mirror.mode(workshop) == "none":
        return LabImages(pods=pods)
    if not any(is_mirror(name) for name in pods):
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
