"""Who may see which port of which seat: tickets that the portal writes, and the cookie that one is exchanged for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final

TICKET_S: Final = 30.0
"""From the portal's redirect to the request that follows it. A ticket stands in an address, so it counts once."""
COOKIE_S: Final = 12 * 3600.0
TRAINER: Final = "trainer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`holder` is `TRAINER`, or stands for the person whose the seat was when it was given."""

    seat: int
    port: int
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """`target` is the path that was asked for, with its query."""

    grant: Grant
    target: str


class Seals:
    """Writes grants and reads back what we wrote, and nothing else. A ticket is no cookie, and a cookie no ticket."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(b"previews", key=key[:64], digest_size=32).digest()
        self._used: dict[str, float] = {}

    def holder(self, person: str) -> str:
        """Stands for a person, tells nothing about them, and is never `TRAINER`."""
        return "p-" + self.digest(f"holder:{person}")

    def digest(self, text: str) -> str:
        """80 bits that only we can make: a-z and 2-7, as a host's name can hold."""
        return base64.b32encode(hmac.digest(self._key, text.encode(), "sha256")[:10]).decode().lower()

    def ticket(self, grant: Grant, target: str, now: float) -> str:
        once = secrets.token_urlsafe(9)
        return self._write("ticket", grant, now + TICKET_S, target=target, once=once)

    def redeem(self, text: str, now: float) -> Ticket | None:
        """None where it is too old, was used already, or is not ours."""
        found = self._read("ticket", text, now)
        if found is None or found["once"] in self._used:
            return None
        self._used = {once: end for once, end in self._used.items() if end > now}
        self._used[found["once"]] = found["end"]
        return Ticket(grant=_grant(found), target=found["target"])

    def cookie(self, grant: Grant, now: float) -> str:
        return self._write("cookie", grant, now + COOKIE_S)

    def admitted(self, text: str, now: float) -> Grant | None:
        """Whom the cookie admits; None where it is too old or not ours."""
        found = self._read("cookie", text, now)
        return _grant(found) if found else None

    def _write(self, kind: str, grant: Grant, end: float, **more: str) -> str:
        wire = {"seat": grant.seat, "port": grant.port, "holder": grant.holder, "end": int(end), **more}
        body = _base64(json.dumps(wire, separators=(",", ":")).encode())
        return f"{body}.{self._sign(kind, body)}"

    def _read(self, kind: str, text: str, now: float) -> dict[str, Any] | None:
        body, _, sign = text.partition(".")
        if not hmac.compare_digest(sign.encode(errors="replace"), self._sign(kind, body).encode()):
            return None
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return found if now < found["end"] else None

    def _sign(self, kind: str, body: str) -> str:
        return _base64(hmac.digest(self._key, f"{kind}:{body}".encode(errors="replace"), "sha256"))


def _grant(found: dict[str, Any]) -> Grant:
    return Grant(seat=found["seat"], port=found["port"], holder=found["holder"])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
