"""What a workshop needs on an engine before its seats: a level, images, a ground to stand on, a mirror."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podlab.engines.labs import Ground, HostsLabs
from podlab.errors import Unsupported
from podlab.model import ISOLATED
from podlab.workshop.lab import guarding, level
from podlab.workshop.lab import mirror as lab_mirror
from podlab.workshop.pool import DEFAULT_COUNT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.engines.base import Engine
    from podlab.manifest.level import Choice
    from podlab.manifest.workshop import Workshop
    from podlab.workshop.lab.level import Level
    from podlab.workshop.lab.mirror import LabMirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """`workshop` is the one to make seats of; `plain` is the same without what is only here, its mirror.
    `guarded` is what keeps seats from each other and from the machine, for `ground`; empty where nothing does.
    `warnings` are for the trainer."""

    workshop: Workshop
    plain: Workshop
    level: Level
    mirror: LabMirror
    ground: Ground
    guarded: str = ""
    warnings: tuple[str, ...] = ()


async def set_up(
    engine: Engine,
    workshop: Workshop,
    get_images: Callable[[Workshop], Awaitable[object]],
    *,
    seats: int | None = None,
    deadline_s: int | None = None,
    closes_lan: bool = False,
) -> Lab:
    """Done again, it changes nothing. `get_images` gets those of the workshop once its level is known:
    `lab.images.prepare`. `seats` is how many there may be, by default what the workshop says. With `closes_lan` seats
    reach no private address at all. After `deadline_s` the engine itself ends the mirror, in case nobody does. Errors
    as those of `level.settle`, `guarding.close` and `mirror.up`."""
    warnings: list[str] = []
    plain, found = await level.settle(engine, workshop)
    if found.warning:
        warnings.append(found.warning)
    await get_images(plain)
    workshop = fitted(engine, plain)
    ground = ground_of(workshop, seats=seats, closes_lan=closes_lan)
    try:
        guarded = await guarding.close(engine, ground)
    except Unsupported as error:
        guarded = ""
        warnings.append(f"Seats can reach what listens on the engine's machine: {error.message}")
    mirror = await lab_mirror.up(engine, workshop, deadline_s=deadline_s)
    return Lab(
        workshop=mirror.workshop,
        plain=_at_home(plain),
        level=found,
        mirror=mirror,
        ground=ground,
        guarded=guarded,
        warnings=tuple(warnings),
    )


def _at_home(workshop: Workshop) -> Workshop:
    """What is taken home runs where there is no cluster."""
    template = workshop.spec.pod
    pod = replace(template, spec=replace(template.spec, for_cluster={}))
    return replace(workshop, spec=replace(workshop.spec, pod=pod))


def at_level(workshop: Workshop, chosen: Choice | None) -> Workshop:
    """The workshop with another level than it says itself; None leaves it."""
    return replace(workshop, spec=replace(workshop.spec, level=chosen)) if chosen else workshop


def at_lab(engine: Engine, workshop: Workshop) -> Engine:
    """The engine that this workshop's pods are made on."""
    return engine.at_lab(workshop.metadata.name) if isinstance(engine, HostsLabs) else engine


def fitted(engine: Engine, workshop: Workshop) -> Workshop:
    """The workshop whose seats are as this engine wants them."""
    if not isinstance(engine, HostsLabs):
        return workshop
    template = workshop.spec.pod
    pod = replace(template, spec=engine.seat(template.spec))
    return replace(workshop, spec=replace(workshop.spec, pod=pod))


def ground_of(workshop: Workshop, *, seats: int | None = None, closes_lan: bool = False) -> Ground:
    """Pure. `workshop` is settled."""
    mode = lab_mirror.mode(workshop)
    seat = (lab_mirror.seat(workshop, "http://mirror") if mode != "none" else workshop).pod()
    told = {**seat.metadata.annotations, ISOLATED: "true"}
    return Ground(
        lab=workshop.metadata.name,
        seat=replace(seat, metadata=replace(seat.metadata, annotations=told)),
        seats=seats or (workshop.spec.seats and workshop.spec.seats.count) or DEFAULT_COUNT,
        beside=(lab_mirror.mirror_pod(workshop, mode=mode),) if mode != "none" else (),
        closes_lan=closes_lan,
    )


async def take_down(engine: Engine, workshop: Workshop) -> None:
    """What is on the engine beside seats goes; what other workshops may need stays."""
    await lab_mirror.down(engine, workshop)
    if isinstance(engine, HostsLabs):
        await engine.clear_ground(workshop.metadata.name)
