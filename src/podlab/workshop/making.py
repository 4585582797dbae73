"""A seat's pod: made of the workshop's template, told apart by labels, never mistaken for another's."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from podlab.errors import Conflict, Invalid, NotFound, ungrouped
from podlab.model import ISOLATED, Metadata, Pod
from podlab.naming import PodName, is_dns_label
from podlab.pods.ready import wait_ready
from podlab.pods.up import AT_ONCE
from podlab.status import Phase

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop
    from podlab.status import PodStatus
    from podlab.workshop.seat import Seat, SeatId

WORKSHOP: Final = "podlab.io/workshop"
"""Label: the workshop's name."""
SEAT: Final = "podlab.io/seat"
"""Label: the seat's number."""
POOL: Final = "podlab.io/pool"
"""Label: which store the seat stands in. Two stores may have workshops of the same name."""
READY_S: Final = 300.0
"""A seat that is not ready by then is broken."""


class Maker:
    """Makes and removes the pods of one pool. Seats that somebody waits for do not queue behind spare ones."""

    def __init__(
        self,
        engine: Engine,
        workshop: Workshop,
        pool: str,
        *,
        ready_s: float = READY_S,
        deadline_s: int | None = None,
    ) -> None:
        """`deadline_s` is after how long the engine itself ends a pod: for seats that no pool will ever end."""
        self._engine = engine
        self._name = workshop.metadata.name
        self._pool = pool
        self._ready_s = ready_s
        template = workshop.pod()
        self.lifetime_s = template.spec.active_deadline_seconds
        """Of a seat. It begins when the seat has an owner, so the pod itself has none."""
        self._metadata = template.metadata
        self._spec = dataclasses.replace(template.spec, active_deadline_seconds=deadline_s)
        self._places = {is_awaited: asyncio.Semaphore(AT_ONCE) for is_awaited in (True, False)}
        if not is_dns_label(self.pod_name(999)):
            raise Invalid(
                f"the workshop's name '{self._name}' is too long for pods '{self.pod_name(1)}', …",
                subject=self._name,
                hint="59 characters are the most",
            )

    def pod_name(self, number: SeatId | int) -> PodName:
        return PodName(f"{self._name}-{number:02d}")

    def pod(self, seat: Seat) -> Pod:
        labels = {WORKSHOP: self._name, SEAT: str(seat.id), POOL: self._pool}
        return Pod(
            metadata=Metadata(
                name=seat.pod,
                labels={**self._metadata.labels, **labels},
                annotations={**self._metadata.annotations, ISOLATED: "true"},
            ),
            spec=self._spec,
        )

    async def make(self, seat: Seat, *, pristine: bool) -> None:
        """Returns when the pod is ready. `pristine` removes what there is of it first.

        `Conflict` where somebody else has a pod of that name.
        """
        async with self._places[seat.person is not None]:
            with ungrouped():
                await self._refuse_anothers(seat)
                if pristine:
                    await self._engine.delete(seat.pod, grace_s=0)
                await self._engine.apply(self.pod(seat))
        await wait_ready(self._engine, seat.pod, timeout_s=self._ready_s, drives=True)

    async def remove(self, seat: Seat) -> None:
        with ungrouped():
            try:
                await self._refuse_anothers(seat)
            except Conflict:
                return
            await self._engine.delete(seat.pod, grace_s=0)

    async def found(self) -> Mapping[str, PodStatus]:
        """The pods of this pool's seats, by name."""
        return {status.name: status for status in await self._engine.list() if self._is_ours(status.labels)}

    async def refuse_others(self) -> None:
        """`Conflict` where the engine has seats of a workshop of this name that stand in another store."""
        strange = [
            status.name
            for status in await self._engine.list()
            if status.labels.get(WORKSHOP) == self._name and not self._is_ours(status.labels)
        ]
        if strange:
            raise Conflict(
                f"the engine has {len(strange)} seats of a workshop '{self._name}' that stand in another store: "
                f"{', '.join(strange[:5])}{', …' * (len(strange) > 5)}",
                subject=self._name,
                hint=f"use that store, or remove them; `podlab ps -a -l {WORKSHOP}={self._name}` lists them",
            )

    def _is_ours(self, labels: Mapping[str, str]) -> bool:
        return labels.get(POOL) == self._pool

    async def _refuse_anothers(self, seat: Seat) -> None:
        try:
            found = await self._engine.get(seat.pod)
        except NotFound:
            return
        if found.phase is not Phase.UNKNOWN and not self._is_ours(found.labels):  # unknown: labels are lost
            raise Conflict(
                f"there is a pod '{seat.pod}' already, and it is no seat of this workshop",
                subject=seat.pod,
                hint=f"podlab down {seat.pod} removes it",
            )
