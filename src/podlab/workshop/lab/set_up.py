"""What a workshop needs on an engine before its seats: a closed machine, a level, images, a mirror."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podlab.errors import Unsupported
from podlab.workshop.lab import guarding, level
from podlab.workshop.lab import mirror as lab_mirror

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop
    from podlab.workshop.lab.level import Level
    from podlab.workshop.lab.mirror import LabMirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """`workshop` is the one to make seats of; `plain` is the same without what is only here, its mirror.
    `guarded` is the network whose seats are kept from the machine, empty where nothing keeps them; `warnings` are for
    the trainer."""

    workshop: Workshop
    plain: Workshop
    level: Level
    mirror: LabMirror
    guarded: str = ""
    closes_lan: bool = False
    warnings: tuple[str, ...] = ()


async def set_up(
    engine: Engine,
    workshop: Workshop,
    get_images: Callable[[Workshop], Awaitable[object]],
    *,
    deadline_s: int | None = None,
    closes_lan: bool = False,
) -> Lab:
    """Done again, it changes nothing. `get_images` gets those of the workshop once its level is known:
    `lab.images.prepare`. With `closes_lan` seats reach no private address at all. After `deadline_s` the engine
    itself ends the mirror, in case nobody does. Errors as those of `level.settle`, `guarding.close` and
    `mirror.up`."""
    warnings: list[str] = []
    workshop, found = await level.settle(engine, workshop)
    if found.warning:
        warnings.append(found.warning)
    await get_images(workshop)
    try:
        guarded = await guarding.close(engine, closes_lan=closes_lan)
    except Unsupported as error:
        guarded = ""
        warnings.append(f"Seats can reach what listens on the engine's machine: {error.message}")
    mirror = await lab_mirror.up(engine, workshop, deadline_s=deadline_s)
    return Lab(
        workshop=mirror.workshop,
        plain=workshop,
        level=found,
        mirror=mirror,
        guarded=guarded,
        closes_lan=closes_lan,
        warnings=tuple(warnings),
    )


async def take_down(engine: Engine, workshop: Workshop) -> None:
    """What is on the engine beside seats goes; the machine stays closed, since other workshops may need it."""
    await lab_mirror.down(engine, workshop)
