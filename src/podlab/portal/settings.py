"""What whoever starts the portal decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from podlab.portal.files.limits import MAX_UPLOAD_BYTES
from podlab.workshop.place import Place

MAX_BODY_BYTES: Final = 1 << 18
"""Of a form or JSON; uploads have a limit of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`public_url`: how browsers come here, without a slash at its end; `origins`: all of its kind, such as
    `https://lab.example:8443`. `secret` signs cookies and tickets. `token` is for the trainer's API, `password_hash`
    for the trainer. `language` is for those whose browser wants none that there is."""

    place: Place
    public_url: str
    secret: bytes = field(repr=False)
    token: str = field(repr=False)
    password_hash: str = field(repr=False)
    language: str = "en"
    attendees_may_extend: bool = False
    attendees_may_reset: bool = True
    max_upload_bytes: int = MAX_UPLOAD_BYTES

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")
