"""Who asks? Attendees by a cookie, the trainer by a cookie or a token."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final

from aiohttp import web

from podlab.errors import Conflict, Denied
from podlab.portal.classroom import CLASSROOM
from podlab.portal.cookies import Signed
from podlab.workshop.seat import PersonId, Seat, State

if TYPE_CHECKING:
    from podlab.portal.settings import Settings

ATTENDEE_S: Final = 14 * 86_400
TRAINER_S: Final = 12 * 3600


class SignedOut(Denied):
    """Nobody is signed in, or no longer."""


class Visitors:
    """The cookies of one portal. A trainer's is worth nothing after a change of the password."""

    def __init__(self, settings: Settings) -> None:
        is_secure = settings.is_secure
        self.attendee = Signed("seat", settings.secret, is_secure=is_secure, max_age_s=ATTENDEE_S)
        self.trainer = Signed(
            "trainer", settings.secret + settings.password_hash.encode()[-32:], is_secure=is_secure,
            max_age_s=TRAINER_S,
        )  # fmt: skip


VISITORS: Final = web.AppKey("visitors", Visitors)


def now(request: web.Request) -> float:
    return request.app[CLASSROOM].pool.clock.now()


def person(request: web.Request) -> PersonId:
    """Who the attendee's cookie says. `SignedOut`."""
    found = request.app[VISITORS].attendee.read(request, now(request))
    if found is None:
        raise SignedOut("nobody is signed in here", hint="type your code on the first page")
    return PersonId(found["person"])


def place_of(request: web.Request) -> Seat:
    """The seat of whoever asks, also one that has ended. `SignedOut` where the code is no longer theirs."""
    seat = request.app[CLASSROOM].pool.seat_of(person(request))
    if seat is None:
        raise SignedOut("your code is no longer known here", hint="ask your trainer for another")
    return seat


def attendee(request: web.Request) -> Seat:
    """The seat of whoever asks. `SignedOut`; `Conflict` where it has ended."""
    seat = place_of(request)
    if seat.state is State.ENDED:
        raise Conflict(f"seat {seat.pod} has ended", subject=seat.pod, hint="ask your trainer for another")
    return seat


def welcome(request: web.Request, response: web.StreamResponse, seat: Seat) -> None:
    """Sign the seat's person in."""
    request.app[VISITORS].attendee.write(response, now(request), person=seat.person)


def trainer(request: web.Request) -> None:
    """`SignedOut` unless the trainer asks, or somebody who has the API's token."""
    if not (has_token(request) or is_trainer(request)):
        raise SignedOut(
            "this is for the trainer", hint="sign in at /trainer/sign-in, or send the API's token"
        )


def is_trainer(request: web.Request) -> bool:
    return request.app[VISITORS].trainer.read(request, now(request)) is not None


def has_token(request: web.Request) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = request.app[CLASSROOM].settings.token
    return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), expected.encode())


def welcome_trainer(request: web.Request, response: web.StreamResponse) -> None:
    request.app[VISITORS].trainer.write(response, now(request), id=secrets.token_hex(8))


def is_trainers(request: web.Request) -> bool:
    """Whether what is asked for is the trainer's."""
    return request.path == "/trainer" or request.path.startswith("/trainer/")


def cookie(request: web.Request) -> Signed:
    """The one that counts for what is asked for."""
    visitors = request.app[VISITORS]
    return visitors.trainer if is_trainers(request) else visitors.attendee


def csrf(request: web.Request) -> str:
    """For the page that is asked for."""
    return cookie(request).token(request)


def address(request: web.Request) -> str:
    """Where the request comes from. A proxy on this machine is believed what it says about that."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and remote in ("127.0.0.1", "::1", ""):
        return forwarded.rpartition(",")[2].strip()
    return remote
