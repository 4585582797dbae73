"""The machine stays as closed as the class was told to be, also when the seats' network is made anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Self

import pytest

from podlab.engines.guards import Security
from podlab.engines.labs import Ground, Shared
from podlab.manifest.workshop import Workshop
from podlab.model import Pod, PodSpec
from podlab.testing.fake import FakeEngine
from podlab.workshop.lab import guarding
from podlab.workshop.lab import set_up as lab
from tests.workshop.conftest import workshop_of


class Guarded(FakeEngine):
    """Closes each network once, and its network is made anew at the second look."""

    def __init__(self) -> None:
        super().__init__()
        self.laid: list[Ground] = []
        self.looks = 0
        self.has_looked = asyncio.Event()

    def at_lab(self, lab: str) -> Self:
        return self

    async def security(self) -> Security:
        return Security()

    def seat(self, spec: PodSpec) -> PodSpec:
        return replace(spec, hostname="fitted")

    async def lay_ground(self, ground: Ground) -> str:
        self.laid.append(ground)
        return f"network {len(self.laid)}"

    async def ground(self) -> str:
        self.looks += 1
        if self.looks == 4:
            self.has_looked.set()
        return "network 1" if self.looks == 1 else "network 2"

    async def clear_ground(self, lab: str) -> None:
        raise AssertionError("nobody asked for it")

    async def share(self, pod: Pod, port: int, *, keeps: str = "") -> Shared:
        raise AssertionError("there is no mirror")

    async def unshare(self, pod: Pod) -> None:
        raise AssertionError("nobody asked for it")


@pytest.mark.parametrize("closes_lan", [False, True])
async def test_private_addresses_are_closed_where_the_class_is_to_be(closes_lan: bool) -> None:
    engine = Guarded()
    ready = await lab.set_up(
        engine, workshop_of("lab", image="podlab-test/busybox:latest"), _no_images, closes_lan=closes_lan
    )
    assert (ready.guarded, [ground.closes_lan for ground in engine.laid]) == ("network 1", [closes_lan])
    await looked_at(engine, ready, lambda: ready.ground)
    assert engine.laid == [ready.ground, ready.ground]


async def looked_at(engine: Guarded, ready: lab.Lab, wanted: Callable[[], Ground]) -> None:
    keeping = asyncio.create_task(guarding.keep(engine, wanted, ready.guarded, look_s=0.001))
    await engine.has_looked.wait()
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def test_a_class_that_grows_gets_more_ground() -> None:
    engine = Guarded()
    ready = await lab.set_up(
        engine, workshop_of("lab", image="podlab-test/busybox:latest"), _no_images, seats=3
    )
    seats = iter([3, 3])
    await looked_at(engine, ready, lambda: replace(ready.ground, seats=next(seats, 5)))
    assert [ground.seats for ground in engine.laid] == [3, 5]


async def test_seats_are_as_the_engine_wants_them_and_what_is_taken_home_is_not() -> None:
    engine = Guarded()
    ready = await lab.set_up(engine, workshop_of("lab", image="podlab-test/busybox:latest"), _no_images)
    assert ready.workshop.pod().spec.hostname == ready.ground.seat.spec.hostname == "fitted"
    assert ready.plain.pod().spec.hostname is None
    assert ready.ground.seat.is_isolated


async def _no_images(workshop: Workshop) -> None:
    pass
