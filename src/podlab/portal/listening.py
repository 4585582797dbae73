"""Where the portal listens, and how browsers come there."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from podlab.errors import Invalid
from podlab.portal import certificate
from podlab.portal.previews import Names, Ports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from podlab.portal.previews import Place as Previews
    from podlab.workshop.place import Place

DEFAULT_PORT: Final = 8443


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """`previews` is where browsers see web pages of seats, and `preview_ports` where that is answered. `fingerprint`
    is that of a certificate of our own, which browsers warn of; else empty."""

    host: str
    port: int
    public_url: str
    preview_ports: tuple[int, ...]
    previews: Previews
    context: ssl.SSLContext | None
    fingerprint: str = ""


def listening(
    listen: str,
    place: Place,
    *,
    tls: Literal["auto", "self-signed", "off"] | tuple[Path, Path | None] = "auto",
    public_url: str = "",
    preview_port: int | None = None,
    preview_names: str = "",
    previews: Sequence[int] = (),
) -> Listening:
    """`listen` is `ADDRESS:PORT`, `:PORT` or `ADDRESS`. `auto` is TLS with a certificate of our own, but not where
    only this machine can connect: there a proxy has one, or nobody listens in. Previews are on other ports of the same
    host, one for each that the workshop names (`previews`: their ports in the seats), from the next one on unless said;
    or at names such as `https://*.previews.example.org`, which come to that port, too. `Invalid`."""
    host, port = parse(listen)
    if tls == "auto":
        tls = "off" if _is_local(host) else "self-signed"
    names = _names(host)
    if public_url:
        public_url = _checked(public_url)
        names = [urlsplit(public_url).hostname or "", *names]
    scheme = "http" if tls == "off" else "https"
    shown = f"[{names[0]}]" if ":" in names[0] else names[0]
    url = public_url or f"{scheme}://{shown}:{port}"
    first = preview_port or port % 65535 + 1
    ports = tuple(range(first, first + (1 if preview_names else max(1, len(previews)))))
    if port in ports or ports[-1] > 65535:
        raise Invalid(
            f"previews cannot have the ports {ports[0]} to {ports[-1]}",
            subject=str(first),
            hint="--preview-port",
        )
    fingerprint, context = "", None
    if tls == "self-signed":
        file = certificate.self_signed(place.certificate, names)
        context, fingerprint = certificate.context(file), certificate.fingerprint(file)
    elif tls != "off":
        context = certificate.context(*tls)
    return Listening(
        host=host, port=port, public_url=url, preview_ports=ports, context=context, fingerprint=fingerprint,
        previews=Names(url, preview_names) if preview_names else Ports(url, ports, previews),
    )  # fmt: skip


def parse(listen: str) -> tuple[str, int]:
    """The address, empty for all, and the port."""
    host, colon, port = listen.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = listen, str(DEFAULT_PORT)
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Invalid(
            f"cannot listen on {listen!r}", subject=listen, hint="it looks like 0.0.0.0:8443 or [::1]:8443"
        )
    return host.strip("[]"), int(port)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _names(host: str) -> list[str]:
    """How others may call this machine, the likeliest first."""
    try:
        is_all = not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return [host]
    if not is_all:
        return [host, "localhost"] if _is_local(host) else [host]
    return list(dict.fromkeys([_outward(), socket.gethostname(), "localhost", "127.0.0.1"]))


def _outward() -> str:
    """The address that others see; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "localhost"
        return str(probe.getsockname()[0])


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise Invalid(
            f"{url!r} cannot be the portal's address", subject=url,
            hint="it looks like https://lab.example.org or http://192.0.2.5:8080, without a path",
        )  # fmt: skip
    return f"{parts.scheme}://{parts.netloc}"
