"""All that the handlers of one workshop's portal stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.lesson import Lesson
    from podlab.manifest.workshop import Workshop
    from podlab.portal.previews import Previews
    from podlab.portal.settings import Settings
    from podlab.portal.terminals import Registry
    from podlab.workshop.admission import Admission
    from podlab.workshop.checking import Checker
    from podlab.workshop.hands import Hands
    from podlab.workshop.lab.set_up import Lab
    from podlab.workshop.messages import Messages
    from podlab.workshop.pool import Pool
    from podlab.workshop.progress import Progress
    from podlab.workshop.seat import SeatId
    from podlab.workshop.store import Store
    from podlab.workshop.take_home.keeping import TakeHome


@dataclass(frozen=True, slots=True, kw_only=True)
class Classroom:
    engine: Engine
    workshop: Workshop
    lesson: Lesson
    store: Store
    pool: Pool
    admission: Admission
    progress: Progress
    take_home: TakeHome
    hands: Hands
    messages: Messages
    checker: Checker
    terminals: Registry
    settings: Settings
    lab: Lab | None = None
    """What was set up for the seats on the engine; None where somebody else did that."""
    previews: Previews | None = None
    """None where the portal has no second port to show them at."""
    online: Counter[SeatId] = field(default_factory=Counter)
    """How many pages of a seat are open now."""
    active: dict[SeatId, float] = field(default_factory=dict)
    """When somebody last ran a command of the lesson; seconds since the epoch."""

    @contextmanager
    def present(self, seat: SeatId) -> Iterator[None]:
        """A page of the seat is open meanwhile."""
        self.online[seat] += 1
        try:
            yield
        finally:
            self.online[seat] -= 1

    @property
    def title(self) -> str:
        return self.workshop.spec.title or self.workshop.metadata.name

    @property
    def shells(self) -> Mapping[str, str]:
        """Terminal → container."""
        return {each.name: each.container for each in self.workshop.spec.terminals}


CLASSROOM: Final = web.AppKey("classroom", Classroom)
