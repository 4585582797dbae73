"""The machine stays as closed as the class was told to be, also when the seats' network is made anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from podlab.engines.guards import Security
from podlab.manifest.workshop import Workshop
from podlab.testing.fake import FakeEngine
from podlab.workshop.lab import guarding
from podlab.workshop.lab import set_up as lab
from tests.workshop.conftest import workshop_of


class Guarded(FakeEngine):
    """Closes each network once, and its network is made anew at the second look."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[bool] = []
        self.looks = 0
        self.has_looked = asyncio.Event()

    async def security(self) -> Security:
        return Security()

    async def close_machine(self, *, closes_lan: bool = False) -> str:
        self.closed.append(closes_lan)
        return f"network {len(self.closed)}"

    async def open_machine(self) -> None:
        raise AssertionError("nobody asked for it")

    async def guarded_network(self) -> str:
        self.looks += 1
        if self.looks == 4:
            self.has_looked.set()
        return "network 1" if self.looks == 1 else "network 2"


@pytest.mark.parametrize("closes_lan", [False, True])
async def test_private_addresses_are_closed_where_the_class_is_to_be(closes_lan: bool) -> None:
    engine = Guarded()
    ready = await lab.set_up(
        engine, workshop_of("lab", image="podlab-test/busybox:latest"), _no_images, closes_lan=closes_lan
    )
    assert (ready.guarded, ready.closes_lan, engine.closed) == ("network 1", closes_lan, [closes_lan])
    keeping = asyncio.create_task(
        guarding.keep(engine, ready.guarded, closes_lan=ready.closes_lan, look_s=0.001)
    )
    await engine.has_looked.wait()
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    assert engine.closed == [closes_lan, closes_lan]


async def _no_images(workshop: Workshop) -> None:
    pass
