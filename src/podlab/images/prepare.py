"""Make sure that images are on the engine: found there, pulled, or built from Debian packages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from podlab.errors import Invalid, NotFound
from podlab.images.reference import parse
from podlab.naming import MIRROR_IMAGE, RECIPE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from podlab.images.logins import Login
    from podlab.images.needs import Policy
    from podlab.images.store import Image, ImageStore

Source = Literal["auto", "hub", "debian"]

REACH_S: Final = 10
"""A registry that has said nothing by then counts as out of reach, where podlab can build the image instead.
The engine alone would wait 20 s for a name server that does not answer. All images wait at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """How one image came to be on the engine. `built_from` tells of one that podlab built, now or before."""

    reference: str
    how: Literal["present", "pulled", "built"]
    size_bytes: int
    seconds: float
    built_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is done for one image just now. `total_bytes` is 0 where it is not known."""

    reference: str
    status: str
    done_bytes: int = 0
    total_bytes: int = 0


async def prepare(
    store: ImageStore,
    wanted: Mapping[str, Policy],
    *,
    source: Source = "auto",
    mirrored: Collection[str] = (),
    logins: Mapping[str, Sequence[Login]] = MappingProxyType({}),
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_done: Callable[[Prepared], None] = lambda prepared: None,
    on_warning: Callable[[str], None] = lambda message: None,
    cache: Path | None = None,
    reach_s: float = REACH_S,
) -> list[Prepared]:
    """Get every image that is not there, all at the same time; the result is in the order of `wanted`.

    `auto` pulls, and builds where the registry cannot be reached and there is a recipe. `hub` only pulls: an
    image that podlab built does not count as there. `debian` builds what there is a recipe for: there, only
    an image that podlab built counts. podlab's own images, `podlab/…`, are always built, and anew when
    their recipe has changed. Where the mirror is
    wanted, it is made to hold `mirrored`, too; these are got like the others, if it lacks them.
    `logins` are those to try for an image before this user's own. One image that fails does not end the others; the
    error names each.
    """
    _check([*wanted, *mirrored])
    if source == "auto" and (there := await _all_there(store, wanted)):
        for done in there:
            on_done(done)
        return there
    # What pulls and builds is loaded only where something is missing: it would cost every `up` 30 ms.
    from podlab.images.build import Builder
    from podlab.images.getting import Getting, get_all

    getting = Getting(
        store=store,
        source=source,
        mirrored=tuple(mirrored),
        logins=logins,
        reach_s=reach_s,
        builder=Builder(cache),
        on_progress=on_progress,
        on_done=on_done,
        on_warning=on_warning,
    )
    return await get_all(getting, wanted)


async def _all_there(store: ImageStore, wanted: Mapping[str, Policy]) -> list[Prepared]:
    """All images, where nothing has to be got; else none. Whether a mirror is good enough, only its maker knows."""
    mirror = parse(MIRROR_IMAGE).full
    if "Always" in wanted.values() or any(parse(name).full == mirror for name in wanted):
        return []
    async with asyncio.TaskGroup() as tasks:
        looks = {name: tasks.create_task(_found(store, name)) for name in wanted}
    found = {name: image for name, look in looks.items() if (image := look.result())}
    if len(found) < len(wanted) or any(is_outdated(name, image) for name, image in found.items()):
        return []
    return [
        Prepared(reference=n, how="present", size_bytes=i.size_bytes, seconds=0, built_from=i.built_from)
        for n, i in found.items()
    ]


def is_outdated(reference: str, image: Image) -> bool:
    """Whether it is one of podlab's own, and made from another recipe than there is now."""
    if not parse(reference).familiar_name.startswith("podlab/"):
        return False  # which recipes there are need not be known
    from podlab.images import recipes

    recipe = recipes.find(reference)
    return recipe is not None and bool(image.built_from) and image.labels.get(RECIPE) != recipe.digest()


async def _found(store: ImageStore, reference: str) -> Image | None:
    try:
        return await store.image(reference)
    except NotFound:
        return None


def _check(references: Iterable[str]) -> None:
    problems = []
    for reference in references:
        try:
            parse(reference)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise Invalid("no image can have this name:", problems=tuple(problems))
