"""What a lesson's variables stand for in one seat. Their names are `lesson.scope`'s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podlab.manifest.workshop import Workshop


def values(workshop: Workshop, seat: str, previews: Mapping[str, str]) -> dict[str, str]:
    """A value for each variable that a lesson of this workshop may name. `seat` is the name of the seat's pod;
    `previews` has the address of each preview. One without address has no `preview.NAME`."""
    return {
        "seat.name": seat,
        "workshop.name": workshop.metadata.name,
        "workshop.title": workshop.spec.title or workshop.metadata.name,
        **{f"port.{each.name}": str(each.port) for each in workshop.spec.previews},
        **{
            f"preview.{each.name}": previews[each.name]
            for each in workshop.spec.previews
            if each.name in previews
        },
    }
