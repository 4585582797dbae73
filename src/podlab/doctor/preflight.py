"""Find out what the workshop that is to be given needs, and what of it is here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from podlab import quantity
from podlab.doctor.facts import Attempt, Facts, ImageFacts, WorkshopFacts
from podlab.doctor.limit import MB, SEAT_DISK_BYTES, SEAT_INODES, SEAT_MEMORY_BYTES, SEAT_TASKS, Share
from podlab.engines.docker import firewall
from podlab.errors import NotFound, PodlabError, Unsupported
from podlab.images import mirror, recipes
from podlab.images.reference import parse
from podlab.manifest.level import DATA, ROOTLESS_DATA, is_daemon
from podlab.model import PIDS_LIMIT
from podlab.workshop.lab import images as lab_images
from podlab.workshop.lab import level, pulling
from podlab.workshop.lab import mirror as lab_mirror
from podlab.workshop.pool import DEFAULT_COUNT

if TYPE_CHECKING:
    from collections.abc import Collection

    from podlab.engines.docker.engine import DockerEngine
    from podlab.images.store import ImageStore
    from podlab.lesson.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.model import Container, Pod, Volume

CONTAINER_MEMORY_BYTES: Final = 50 * MB
CONTAINER_DISK_BYTES: Final = 50 * MB
CONTAINER_INODES: Final = 2000
CONTAINER_TASKS: Final = 20
"""Of each container in a seat without a nested daemon. Assumptions, as the lesson may do anything in them."""
WORKED_ON_BYTES: Final = 64 * MB
"""What attendees add to images in a nested daemon: layers of their own. An assumption."""


async def look(
    engine: DockerEngine, facts: Facts, workshop: Workshop, lesson: Lesson, *, bundled: Collection[str] = ()
) -> Facts:
    """The facts with those of the workshop, and with a seat's share reckoned from its pod. `bundled`: images that
    come with it."""
    problem, warning, name = None, "", "none"
    try:
        workshop, found = await level.settle(engine, workshop)
        warning, name = found.warning, found.name
    except Unsupported as error:
        problem = (error.message, error.hint)
    told = lab_mirror.seat(workshop, "http://mirror")
    pod, mode = (told if lab_mirror.mode(workshop) != "none" else workshop).pod(), lab_mirror.mode(workshop)
    wanted = lab_images.wanted(workshop, lesson)
    store = engine.image_store
    pulled = (*wanted.preload, *wanted.named)
    sizes = {each: await _size(store, each) for each in (*wanted.pods, *pulled)}
    lost = [each for each, size in sizes.items() if size is None]
    carried = [each for each in lost if parse(each).familiar in bundled]
    seed = [
        each for each in pulled if each not in lost or each in carried or await mirror.current(store, [each])
    ]
    seats = workshop.spec.seats
    closing, closing_fix = await _closing(engine)
    volumes = {v.name: v for v in pod.spec.volumes}
    return replace(
        facts,
        share=_share(pod, [sizes[each] for each in pulled], has_mirror=mode != "none"),
        workshop=WorkshopFacts(
            name=workshop.metadata.name,
            seats=(seats and seats.count) or DEFAULT_COUNT,
            mirror=mode,
            missing=tuple(_missing(each) for each in wanted.pods if each in lost and each not in carried),
            carried=tuple(parse(each).familiar for each in carried),
            mirrored=tuple(seed),
            unmirrored=tuple(_missing(each) for each in pulled if each not in seed),
            elsewhere=wanted.elsewhere,
            untold=pulling.untold(workshop.spec.pod.spec) if mode != "none" else (),
            level=name,
            level_warning=warning,
            level_problem=problem,
            firewall=closing,
            firewall_fix=closing_fix,
            memory_limit_bytes=_sum([_memory_limit(each) for each in pod.spec.lasting]),
            pids_limit=_pids(pod),
            unlimited=tuple(each.name for each in pod.spec.lasting if _memory_limit(each) is None),
            unbounded_volumes=tuple(v.name for v in volumes.values() if v.empty_dir and not _bound(v)),
        ),
    )


async def _closing(engine: DockerEngine) -> tuple[Attempt | None, str]:
    """Whether the machine can be closed to seats, and what to do where not."""
    try:
        await firewall.check(engine.client)
    except NotFound:  # the image
        return None, ""
    except PodlabError as error:
        return Attempt(worked=False, said=error.message), error.hint
    return Attempt(worked=True), ""


def _share(pod: Pod, pulled: list[int | None], *, has_mirror: bool) -> Share:
    """Of a seat with a nested daemon as measured, its images by what the lesson names: beside it on the disk, or in
    memory where the daemon's volume is. Of any other seat, so much for each container."""
    containers = pod.spec.lasting
    daemons = [each for each in containers if is_daemon(each)]
    if not daemons:
        count = len(containers)
        return Share(
            memory_bytes=count * CONTAINER_MEMORY_BYTES, disk_bytes=count * CONTAINER_DISK_BYTES,
            inodes=count * CONTAINER_INODES, tasks=count * CONTAINER_TASKS,
        )  # fmt: skip
    known = [size for size in pulled if size is not None]
    is_known = has_mirror and pulled and len(known) == len(pulled)
    data = sum(known) + WORKED_ON_BYTES if is_known else SEAT_DISK_BYTES
    volumes = {v.name: v for v in pod.spec.volumes}
    own = [
        volumes[m.name] for d in daemons for m in d.volume_mounts
        if m.mount_path in (DATA, ROOTLESS_DATA) and m.name in volumes
    ]  # fmt: skip
    bounds = [bound for v in own if (bound := _bound(v))]
    if bounds and len(bounds) == len(own):
        in_memory = min(data, sum(bounds))
        return Share(memory_bytes=SEAT_MEMORY_BYTES + in_memory, disk_bytes=CONTAINER_DISK_BYTES,
                     inodes=CONTAINER_INODES, tasks=SEAT_TASKS)  # fmt: skip
    return Share(disk_bytes=max(data, SEAT_DISK_BYTES), inodes=SEAT_INODES)


def _bound(volume: Volume) -> int:
    """How much it can hold, where it is in memory and says so; else 0."""
    found = volume.empty_dir
    if found is None or found.medium != "Memory" or found.size_limit is None:
        return 0
    return quantity.whole(found.size_limit)


def _memory_limit(container: Container) -> int | None:
    limits = container.resources.limits if container.resources else {}
    return quantity.whole(limits["memory"]) if "memory" in limits else None


def _pids(pod: Pod) -> int | None:
    a_container = pod.metadata.annotations.get(PIDS_LIMIT, "")
    return int(a_container) * len(pod.spec.lasting) if a_container.isdigit() else None


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


async def _size(store: ImageStore, reference: str) -> int | None:
    try:
        return (await store.image(reference)).size_bytes
    except NotFound:
        return None


def _missing(reference: str) -> ImageFacts:
    can_be_built = recipes.find(reference) is not None or mirror.is_mirror(reference)
    return ImageFacts(reference=parse(reference).familiar, can_be_built=can_be_built)
