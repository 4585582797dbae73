"""All of a fake engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podlab.errors import Unsupported
from podlab.testing.fake.debugging import Debugging
from podlab.testing.fake.inside import Inside
from podlab.testing.fake.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from podlab.engines.base import Rollout
    from podlab.testing.fake.shell import Program


class FakeEngine(Debugging, Streams, Inside):
    """`images` are those it has. `programs` join those of `fake.shell`. `start` is its clock's first time.

    Closing it changes nothing: the world stays, and may be used again, also from another event loop.
    """

    name = "fake"
    has_node = False

    def __init__(
        self,
        *,
        images: Collection[str] = ("busybox", "alpine"),
        programs: Mapping[str, Program] | None = None,
        start: datetime | None = None,
    ) -> None:
        super().__init__(images=images, programs=programs or {}, start=start)

    async def rollout(self, kind: str, name: str) -> Rollout:
        raise Unsupported("a fake engine runs no workloads: podlab does", subject=name)

    async def isolated_gateway(self) -> str:
        await self._answer()
        return "10.88.0.1"

    async def product(self) -> str:
        await self._answer()
        return "Fake Engine"

    async def version(self) -> str:
        await self._answer()
        return "1.0"

    async def close(self) -> None:
        """Nothing to close."""
