"""A workshop's folder: `podlab.yaml`, and the lesson that it names."""

from __future__ import annotations

from pathlib import Path

from podlab.errors import Invalid
from podlab.lesson.lesson import Lesson
from podlab.lesson.loading import load
from podlab.lesson.scope import Scope
from podlab.manifest import load as load_manifest
from podlab.manifest.workshop import Workshop


def load_workshop(folder: str | Path, *, for_cluster: bool = False) -> tuple[Workshop, Lesson]:
    """The workshop in a folder or file and its lesson, each name in it checked against the workshop. `for_cluster` as
    in `manifest.load`.

    `Invalid` where either has problems, where there is no workshop, or one without lesson.
    """
    loaded = load_manifest([folder], for_cluster=for_cluster)
    if len(loaded.workshops) != 1:
        raise Invalid(
            f"{folder} has no workshop: it needs a podlab.yaml with kind: Workshop", subject=str(folder)
        )
    workshop = loaded.workshops[0]
    if loaded.objects:
        names = ", ".join(f"{type(each).__name__} {each.metadata.name}" for each in loaded.objects)
        raise Invalid(
            f"{folder} holds {names} beside its workshop, which nobody would put on the engine", subject=str(folder),
            hint="keep them in a file of their own, outside the workshop's podlab.yaml, and `podlab up` it first",
        )  # fmt: skip
    if not workshop.spec.lesson:
        raise Invalid(
            f"the workshop {workshop.metadata.name!r} has no lesson", subject=str(folder),
            hint="name a folder of NN-name.md beside podlab.yaml: spec.lesson: lesson",
        )  # fmt: skip
    beside = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    return workshop, load(beside / workshop.spec.lesson, Scope.of(workshop))
