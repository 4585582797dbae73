"""Cookies that say who somebody is: signed, so that nothing about them has to be kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web


class Signed:
    """One kind of cookie. Over TLS its name begins with `__Host-Http-`: no other host's page can set it, and no script,
    such as that of a preview at another port of this host.
    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes"""

    def __init__(self, kind: str, secret: bytes, *, is_secure: bool, max_age_s: int) -> None:
        self.name = f"{'__Host-Http-' * is_secure}podlab-{kind}"
        self._key = hashlib.blake2b(kind.encode(), key=secret, digest_size=32).digest()
        self._is_secure, self._max_age_s = is_secure, max_age_s

    def read(self, request: web.Request, now: float) -> dict[str, Any] | None:
        """What we once wrote; None where there is none, it is too old, or somebody else wrote it."""
        body, _, sign = request.cookies.get(self.name, "").partition(".")
        if not hmac.compare_digest(sign.encode(errors="replace"), self._sign(body)):
            return None
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return found if now - found["at"] < self._max_age_s else None

    def write(self, response: web.StreamResponse, now: float, **values: Any) -> None:
        text = json.dumps({**values, "at": int(now)}, separators=(",", ":"))
        body = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        response.set_cookie(
            self.name, f"{body}.{self._sign(body).decode()}", max_age=self._max_age_s,
            httponly=True, secure=self._is_secure, samesite="Lax", path="/",
        )  # fmt: skip

    def clear(self, response: web.StreamResponse) -> None:
        response.del_cookie(self.name, path="/", secure=self._is_secure, httponly=True, samesite="Lax")

    def token(self, request: web.Request) -> str:
        """What a page of this visitor sends with whatever it changes; another site's page cannot know it.
        https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html"""
        return self._sign("csrf:" + request.cookies.get(self.name, "")).decode()

    def _sign(self, text: str) -> bytes:
        digest = hmac.digest(self._key, text.encode(errors="replace"), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=")
