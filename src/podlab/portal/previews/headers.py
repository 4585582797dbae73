"""The headers of both sides: each is made to believe that it talks with the other directly. Pure.

An application believes to be opened as `http://localhost:PORT`: that is the one name that all of them take (Vite,
Django, Rails and webpack refuse names that they do not know), and `Origin` and `Referer` agree with it, which many
check. No `X-Forwarded-Host` beside it: those that believe it (Rails, Next.js) would find that `Origin` is another.
With `is_public` it sees the browser's own names and `X-Forwarded-*`, as behind most other proxies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from podlab.portal.previews import cookies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.portal.previews.place import Spot

Pairs = list[tuple[str, str]]

HOP_BY_HOP: Final = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
"""https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1"""
_OURS_TO_SAY: Final = frozenset({
    "host", "cookie", "content-length", "expect", "forwarded", "via", "x-real-ip", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-prefix", "x-forwarded-server",
})  # fmt: skip
_NOT_THEIRS_TO_SAY: Final = frozenset({
    "x-frame-options",  # the page of the seat is who frames it, and says so below
    "strict-transport-security", "clear-site-data", "alt-svc", "public-key-pins", "public-key-pins-report-only",
    "expect-ct", "nel", "report-to",  # these speak for the host, which is the portal's, too
    "set-cookie2",
})  # fmt: skip
_CACHE: Final = frozenset({"cache-control", "expires", "pragma", "age", "service-worker-allowed"})
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
_REFRESH: Final = re.compile(
    r"(?P<delay>[\s\d.]*[;,]\s*(?:url\s*=\s*)?)(?P<quote>[\"']?)(?P<url>.*)", re.IGNORECASE | re.DOTALL
)


def local(port: int) -> str:
    return f"http://localhost:{port}"


def to_application(
    headers: Iterable[tuple[str, str]], spot: Spot, port: int, *, is_public: bool, remote: str
) -> Pairs:
    """What is sent with a request, but what frames its body."""
    pairs = list(headers)
    gone = HOP_BY_HOP | _OURS_TO_SAY | _named(pairs)
    inside = spot.origin if is_public else local(port)
    made: Pairs = [("Host", urlsplit(inside).netloc)]
    for name, value in pairs:
        if name.lower() in gone:
            continue
        is_place = name.lower() in ("origin", "referer") and _is_at(value, spot.origin)
        made.append((name, inside + value[len(spot.origin) :] if is_place else value))
    if sent := cookies.to_application(value for name, value in pairs if name.lower() == "cookie"):
        made.append(("Cookie", sent))
    if is_public:
        scheme, host = urlsplit(spot.origin)[:2]
        made += [("X-Forwarded-For", remote), ("X-Forwarded-Host", host), ("X-Forwarded-Proto", scheme)]
    return made


def to_browser(headers: Iterable[tuple[str, str]], spot: Spot, port: int) -> Pairs:
    """What is sent with an answer, but what frames its body."""
    pairs = list(headers)
    gone = HOP_BY_HOP | _NOT_THEIRS_TO_SAY | _named(pairs) | (_CACHE if spot.is_shared else frozenset())
    if any(name.lower() == "transfer-encoding" for name, _ in pairs):
        gone |= {
            "content-length"
        }  # it counts for nothing beside the other, and two lengths are how answers are smuggled
    made: Pairs = []
    for name, value in pairs:
        match name.lower():
            case lower if lower in gone:
                continue
            case "set-cookie":
                made += [(name, each) for each in [cookies.to_browser(value, spot)] if each]
            case "location" | "content-location":
                made.append((name, address(value, spot, port)))
            case "refresh":
                made.append((name, _refresh(value, spot, port)))
            case "content-security-policy":
                made += [(name, each) for each in [_policy(value)] if each]
            case _:
                made.append((name, value))
    made.append(("Content-Security-Policy", f"frame-ancestors 'self' {spot.portal}"))
    if spot.is_shared:  # what is at this origin next may be another seat's
        made.append(("Cache-Control", "no-store"))
    return made


def address(value: str, spot: Spot, port: int) -> str:
    """Where an application sends a browser to: what it calls itself is seen at the spot, the rest is its own affair."""
    try:
        url = urlsplit(value)
        is_it = url.scheme in ("", "http", "https") and (url.port or 80) == port and url.hostname in _LOCAL
    except ValueError:
        return value
    if not is_it and url.netloc != urlsplit(spot.origin).netloc:
        return value
    scheme, host = urlsplit(spot.origin)[:2]
    return urlunsplit((scheme, host, *url[2:]))


def _policy(value: str) -> str:
    """Content-Security-Policies without a say in who frames the page.
    https://www.w3.org/TR/CSP3/#parse-serialized-policy-list"""
    policies = ([each.strip() for each in policy.split(";")] for policy in value.split(","))
    kept = ("; ".join(each for each in policy if each and not _is_framing(each)) for policy in policies)
    return ", ".join(filter(None, kept))


def _is_framing(directive: str) -> bool:
    return directive.split(None, 1)[0].lower() == "frame-ancestors"


def _refresh(value: str, spot: Spot, port: int) -> str:
    """https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps"""
    found = _REFRESH.fullmatch(value)
    return found["delay"] + found["quote"] + address(found["url"], spot, port) if found else value


def _named(pairs: Pairs) -> frozenset[str]:
    """Those that `Connection` names are for the next hop only."""
    return frozenset(
        word.strip().lower()
        for name, value in pairs
        if name.lower() == "connection"
        for word in value.split(",")
    )


def _is_at(value: str, origin: str) -> bool:
    return value == origin or value.startswith((origin + "/", origin + "?"))
