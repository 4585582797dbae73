"""Cookies between a browser and an application that shares the portal's host: never the portal's own. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.portal.previews.place import Spot


_OURS: Final = re.compile(r"(__[a-z-]+-)?podlab", re.IGNORECASE)


def is_ours(name: str) -> bool:
    """Whether a cookie is the portal's. Browsers compare the prefixes without regard to case, so do we.
    https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3"""
    return _OURS.match(name.strip()) is not None


def to_application(headers: Iterable[str]) -> str:
    """The header `Cookie` without ours; empty where nothing is left."""
    pairs = (pair.strip() for header in headers for pair in header.split(";"))
    return "; ".join(pair for pair in pairs if pair and not is_ours(pair.partition("=")[0]))


def to_browser(header: str, spot: Spot) -> str | None:
    """One `Set-Cookie` of an application; None where it may not be set.

    It is for this host alone, whatever the application says. One without a name is refused: browsers send it as its
    value, which could be `podlab-…=…`. Where the browser speaks no TLS, an application that believes to be on
    localhost may still say `Secure`. In a frame on another site only a partitioned cookie comes back.
    """
    pair, *attributes = header.split(";")
    name, equals, _ = pair.partition("=")
    if not equals or not name.strip() or is_ours(name):
        return None
    refused = {"domain"}
    if spot.is_foreign:
        refused |= {"secure", "samesite", "partitioned"}
    elif not spot.is_secure:
        refused |= {"secure", "partitioned"}
    kept = [each.strip() for each in attributes if each.partition("=")[0].strip().lower() not in refused]
    if not spot.is_secure:
        kept = [each for each in kept if each.replace(" ", "").lower() != "samesite=none"]
    if spot.is_foreign:
        kept += ["Secure", "SameSite=None", "Partitioned"]
    return "; ".join([pair.strip(), *filter(None, kept)])
