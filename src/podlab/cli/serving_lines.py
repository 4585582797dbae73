"""What `podlab serve` prints: seats as they come, and in the end the links and codes."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from podlab.cli.runner import say, warn
from podlab.cli.style import paint

if TYPE_CHECKING:
    from podlab.agent import Action
    from podlab.portal.classroom import Classroom
    from podlab.portal.listening import Listening
    from podlab.portal.serving import Trainer
    from podlab.workshop.admission import Admitted
    from podlab.workshop.events import Watcher
    from podlab.workshop.pool import Pool


async def tell(watcher: Watcher, pool: Pool) -> None:
    """A line for each seat that is ready, ends or cannot be made, and for what failed behind. Until cancelled."""
    from podlab.workshop.events import SeatChanged, Trouble
    from podlab.workshop.seat import State

    states: dict[int, State] = {seat.id: seat.state for seat in pool.seats}
    begun = asyncio.get_running_loop().time()
    async for event in watcher:
        if isinstance(event, Trouble):
            warn(event.message)
        if not isinstance(event, SeatChanged) or states.get(event.seat.id) is event.seat.state:
            continue
        seat = event.seat
        before, states[seat.id] = states.get(seat.id), seat.state
        if seat.state is State.BROKEN:
            warn(f"seat {seat.pod} could not be made, and is tried again: {seat.problem}")
        elif seat.is_ready and before is not State.WARM:
            ready = sum(each.is_ready for each in pool.seats)
            took = asyncio.get_running_loop().time() - begun
            say(f"seat {seat.pod} is ready: {ready} of {max(pool.warm, ready)}, after {took:.1f} s")
        elif seat.state is State.ENDED:
            say(f"seat {seat.pod} has ended")


def action(done: Action) -> None:
    from podlab.cli.agent import line

    say(line(done))


def links(room: Classroom, where: Listening, trainer: Trainer, given: Admitted) -> None:
    """What the trainer needs, on stdout."""
    ready, url = sum(seat.is_ready for seat in room.pool.seats), where.public_url
    lines = [
        "", f"{paint(room.title, 'bold', sys.stdout)}: {ready} of {room.pool.count} seats are ready", "",
        f"  attendees    {url}/",
        f"  trainer      {url}/trainer/" + (f"#{trainer.password}" if trainer.password else ""),
    ]  # fmt: skip
    if trainer.password:
        lines.append(f"  password     {trainer.password}   (shown this once)")
    else:
        lines.append("  password     as before; --new-password makes another")
    if where.fingerprint:
        lines.append(f"  certificate  its own, which browsers warn of; SHA-256 {where.fingerprint}")
    if url.startswith("http:"):
        lines.append("  no TLS       whoever is on the same network can read along; see --tls")
    if room.lab and room.lab.level.name != "none":
        lines.append(f"  level        {room.lab.level.name}")
    if given.class_code:
        lines.append(f"  class code   {given.class_code}")
    lines += [
        f"  code         {each.code}   {url}/#{each.code}   {each.name}".rstrip() for each in given.tickets
    ]
    if given.tickets:
        lines.append(
            "  Codes are shown this once; the trainer's page and `podlab seats cards` make new ones."
        )
    click.echo("\n".join([*lines, "", "Ctrl-C ends the portal."]), color=True)
