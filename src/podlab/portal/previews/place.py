"""At which origin a port of a seat is seen: at a host name of its own, or at a second port of the portal's host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from podlab.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podlab.portal.previews.grant import Grant, Seals

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LABEL: Final = re.compile(r"(?P<port>[1-9]\d{0,4})-(?P<seat>[1-9]\d{0,8})-(?P<token>[a-z2-7]{16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """An origin at which something is seen. `portal` is the one origin whose pages may frame it.

    `is_shared`: other previews were and will be seen at the same origin. `is_foreign`: browsers hold it and the portal
    for two sites, so that its cookies in a frame are somebody else's.
    """

    origin: str
    portal: str
    cookie: str
    is_shared: bool
    is_foreign: bool = False

    @property
    def is_secure(self) -> bool:
        return _is_secure(self.origin)


class Place(Protocol):
    def origin(self, grant: Grant, host: str, seals: Seals) -> str:
        """Where it is seen by somebody who sees the portal at `host` (as in the header `Host`)."""
        ...

    def sources(self, host: str) -> str:
        """What the portal's pages must be allowed to frame, as in `frame-src`."""
        ...

    def spot(self, host: str) -> Spot | None:
        """Where a request for that host arrives; None: nowhere."""
        ...

    def admits(self, host: str, grant: Grant, seals: Seals) -> bool:
        """Whether it may be seen at that host."""
        ...


class Ports:
    """Second ports of whatever host name the portal was reached by.

    Cookies and their kind know hosts, not ports, and an origin has one root: so a port of ours shows one preview at a
    time in a browser, at its root, where `/static/x` in an application's pages means what it says. With several ports
    the workshop's previews have one each, in their order; any other port of the seat is seen at the last.
    """

    def __init__(self, public_url: str, ports: Sequence[int], previews: Sequence[int] = ()) -> None:
        """`public_url` is the portal's; `previews` the ports in the seat that the workshop names."""
        url = urlsplit(public_url)
        if url.scheme not in _DEFAULT_PORTS or not ports:
            raise Invalid(f"previews need a second port beside {public_url}", subject=public_url)
        if _port(url.scheme, url.netloc) in ports:
            raise Invalid(
                f"previews cannot be on the portal's own port {url.port}",
                subject=public_url,
                hint="give them another",
            )
        self._scheme, self._portal = url.scheme, _port(url.scheme, url.netloc)
        self._ports, self._previews = tuple(ports), tuple(previews)

    def origin(self, grant: Grant, host: str, seals: Seals) -> str:
        return self._at(host, self._port_for(grant.port))

    def sources(self, host: str) -> str:
        return " ".join(self._at(host, port) for port in self._ports)

    def spot(self, host: str) -> Spot | None:
        port = _port(self._scheme, host)
        if port not in self._ports:
            return None
        origin, portal = self._at(host, port), self._at(host, self._portal)
        name = f"podlab-preview-{port}"
        return Spot(origin=origin, portal=portal, cookie=_prefix(origin) + name, is_shared=True)

    def admits(self, host: str, grant: Grant, seals: Seals) -> bool:
        return _port(self._scheme, host) == self._port_for(grant.port)

    def _port_for(self, port: int) -> int:
        index = self._previews.index(port) if port in self._previews else len(self._ports)
        return self._ports[min(index, len(self._ports) - 1)]

    def _at(self, host: str, port: int) -> str:
        name = host.lower() if host.endswith("]") else host.lower().rpartition(":")[0] or host.lower()
        return f"{self._scheme}://{name}" + (f":{port}" if port != _DEFAULT_PORTS[self._scheme] else "")


class Names:
    """A host name of its own for each port of a seat and each person: `8080-7-TOKEN.previews.example.org`.

    Nothing is shared, so this is the better way wherever there is a name with a wildcard. The token keeps one person's
    origin from the next one's; it is no secret, since names are seen by whoever resolves them.
    """

    def __init__(self, public_url: str, names: str) -> None:
        """`names` is such as `https://*.previews.example.org:8444`."""
        url, portal = urlsplit(names), urlsplit(public_url)
        if url.scheme not in _DEFAULT_PORTS or not url.netloc.startswith("*.") or "*" in url.netloc[1:]:
            raise Invalid(
                f"{names!r} names no hosts", subject=names, hint="such as https://*.previews.example.org"
            )
        self._scheme, self._domain = url.scheme, (url.hostname or "")[1:]
        self._port = _port(url.scheme, url.netloc)
        self._portal = f"{portal.scheme}://{portal.netloc}"
        host = portal.hostname or ""
        if host.endswith(self._domain):
            raise Invalid(
                f"the portal {host} is one of the previews' own names {names}", subject=names,
                hint="name them below or beside the portal: *.previews.example.org",
            )  # fmt: skip
        self._is_below = "." in host and self._domain.endswith("." + host)

    def origin(self, grant: Grant, host: str, seals: Seals) -> str:
        return self._at(f"{grant.port}-{grant.seat}-{_token(grant, seals)}")

    def sources(self, host: str) -> str:
        return self._at("*")

    def spot(self, host: str) -> Spot | None:
        if (label := self._label(host)) is None or not _LABEL.fullmatch(label):
            return None
        origin = self._at(label)
        return Spot(
            origin=origin, portal=self._portal, cookie=f"{_prefix(origin)}podlab-preview", is_shared=False,
            is_foreign=not self._is_below and _is_secure(origin),
        )  # fmt: skip

    def admits(self, host: str, grant: Grant, seals: Seals) -> bool:
        return self._label(host) == f"{grant.port}-{grant.seat}-{_token(grant, seals)}"

    def _label(self, host: str) -> str | None:
        name = host.lower().rpartition(":")[0] if ":" in host else host.lower()
        is_ours = name.endswith(self._domain) and _port(self._scheme, host) == self._port
        return name.removesuffix(self._domain) if is_ours else None

    def _at(self, label: str) -> str:
        port = f":{self._port}" if self._port != _DEFAULT_PORTS[self._scheme] else ""
        return f"{self._scheme}://{label}{self._domain}{port}"


def _is_secure(origin: str) -> bool:
    """Whether browsers keep `Secure` cookies of it. https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy"""
    host = urlsplit(origin).hostname or ""
    return origin.startswith("https:") or host == "localhost" or host.endswith(".localhost")


def _prefix(origin: str) -> str:
    """No other host's page can set a cookie of such a name and, in browsers since 2025, no script at all.
    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes"""
    return "__Host-Http-" if _is_secure(origin) else ""


def _token(grant: Grant, seals: Seals) -> str:
    return seals.digest(f"name:{grant.seat}:{grant.holder}")


def _port(scheme: str, netloc: str) -> int:
    """0 where it makes no sense."""
    _, colon, port = netloc.rpartition(":")
    if not colon or netloc.endswith("]"):
        return _DEFAULT_PORTS[scheme]
    return int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
