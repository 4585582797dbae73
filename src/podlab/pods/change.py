"""Change the wanted state of a pod that is there, when others may do the same."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from podlab.errors import Overtaken

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import Pod

ATTEMPTS = 10


async def change(engine: Engine, name: str, edit: Callable[[Pod], Pod], *, hold: Collection[str] = ()) -> Pod:
    """Apply what `edit` makes of the pod's wanted state; where somebody else was faster, of theirs.

    `edit` may be called several times. `Overtaken` only when others are faster again and again.
    """
    for attempt in range(ATTEMPTS):
        before = await engine.spec(name)
        wanted = edit(before)
        try:
            await engine.apply(wanted, hold=hold, based_on=before)
        except Overtaken:
            if attempt + 1 == ATTEMPTS:
                raise
        else:
            break
    return wanted
