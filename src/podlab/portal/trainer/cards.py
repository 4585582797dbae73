"""Cards to print, with a picture for telephones: codes that the trainer had made since the portal began.

Only hashes of codes are stored. The codes in clear are in this process's memory (`Admission.in_clear`); where they are
gone, new ones are made on demand, first of all for those who have not come yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup

from podlab.errors import Invalid
from podlab.portal import visitors
from podlab.portal.api.trainer import people
from podlab.portal.classroom import CLASSROOM
from podlab.portal.pages.render import page


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    name: str
    seat: int | None
    code: str
    picture: Markup


def routes() -> list[web.RouteDef]:
    return [web.get("/trainer/cards", cards), web.post("/trainer/cards", renew)]


async def cards(request: web.Request) -> web.StreamResponse:
    visitors.trainer(request)
    classroom = request.app[CLASSROOM]
    everybody = (await people.cards(classroom)).cards
    hidden = [card for card in everybody if card.code is None]
    values = {
        "cards": [
            Printed(name=card.name, seat=card.seat, code=card.code, picture=picture(card.link))
            for card in everybody
            if card.code is not None and card.link is not None
        ],
        "hidden": len(hidden), "not_come": sum(not card.has_come for card in hidden),
        "address": classroom.settings.public_url,
    }  # fmt: skip
    return await page(request, "trainer_cards.html", values, script="src/cards.ts")


async def renew(request: web.Request) -> web.StreamResponse:
    visitors.trainer(request)
    who = (await request.post()).get("who")
    if who not in ("all", "not_come"):
        raise Invalid("who is all or not_come", subject=request.path)
    await people.renewed(request.app[CLASSROOM], has_come=who == "all")
    raise web.HTTPSeeOther("/trainer/cards")


def picture(link: str) -> Markup:
    """A QR code as SVG; a quarter of it may be hidden by a thumb."""
    import segno

    made = segno.make(link, error="q", micro=False)
    # Black on white in every theme: not every telephone reads it the other way round.
    text = made.svg_inline(omitsize=True, border=4, dark="#000", light="#fff")
    return Markup(text.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704  # segno draws it
