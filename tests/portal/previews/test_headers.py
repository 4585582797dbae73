from __future__ import annotations

import pytest

from podlab.portal.previews import headers
from podlab.portal.previews.place import Spot

SHARED = Spot(
    origin="https://lab.example:8444", portal="https://lab.example:8443", cookie="c", is_shared=True
)
OWN = Spot(origin="https://8080-7-t.p.example", portal="https://lab.example", cookie="c", is_shared=False)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("/login?next=/", "/login?next=/"), ("login", "login"), ("?a", "?a"),
        ("http://localhost:8080/x?y#z", "https://lab.example:8444/x?y#z"),
        ("http://127.0.0.1:8080", "https://lab.example:8444"), ("//localhost:8080/x", "https://lab.example:8444/x"),
        ("http://[::1]:8080/", "https://lab.example:8444/"), ("https://LOCALHOST:8080/x", "https://lab.example:8444/x"),
        ("http://lab.example:8444/x", "https://lab.example:8444/x"),
        ("http://localhost:8081/x", "http://localhost:8081/x"), ("http://localhost/x", "http://localhost/x"),
        ("https://other.example/x", "https://other.example/x"), ("https://lab.example:8443/", "https://lab.example:8443/"),
        ("http://localhost:8080@evil.example/", "http://localhost:8080@evil.example/"),
        ("http://localhost:99999999/", "http://localhost:99999999/"), ("http://[::1/", "http://[::1/"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)  # fmt: skip
def test_an_application_sends_browsers_to_itself_where_it_is_seen(said: str, seen: str) -> None:
    assert headers.address(said, SHARED, 8080) == seen
    assert headers.to_browser([("Location", said)], SHARED, 8080)[0] == ("Location", seen)


def test_port_80_needs_not_be_said() -> None:
    assert headers.address("http://localhost/x", SHARED, 80) == "https://lab.example:8444/x"


@pytest.mark.parametrize(
    ("said", "seen"),
    [("5", "5"), ("0; url=http://localhost:8080/x", "0; url=https://lab.example:8444/x"),
     ("0;URL='http://localhost:8080/x'", "0;URL='https://lab.example:8444/x'"), ("3, /x", "3, /x")],
)  # fmt: skip
def test_a_refresh_too(said: str, seen: str) -> None:
    assert headers.to_browser([("Refresh", said)], OWN, 8080)[0][1] == seen.replace(
        "https://lab.example:8444", OWN.origin
    )


def test_an_application_speaks_for_itself_and_not_for_the_host() -> None:
    said = [
        ("Content-Type", "text/html"), ("X-Frame-Options", "DENY"), ("Strict-Transport-Security", "max-age=1"),
        ("Clear-Site-Data", '"*"'), ("Alt-Svc", "h3"), ("Connection", "close, X-Hop"), ("X-Hop", "1"), ("NEL", "{}"),
        ("Keep-Alive", "5"), ("Set-Cookie", "a=1"), ("Set-Cookie", "podlab-seat=1"), ("Set-Cookie", "b=1; Domain=x"),
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; img-src *"),
        ("content-security-policy", "FRAME-ANCESTORS 'none'"),
        ("Content-Security-Policy", "frame-ancestors 'none', script-src 'self';frame-ancestors *"),
        ("Cache-Control", "max-age=3600, public"), ("ETag", '"1"'), ("Service-Worker-Allowed", "/"),
    ]  # fmt: skip
    common = [
        ("Content-Type", "text/html"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=1"),
        ("Content-Security-Policy", "default-src 'self'; img-src *"), ("Content-Security-Policy", "script-src 'self'"),
    ]  # fmt: skip
    assert headers.to_browser(said, SHARED, 8080) == [
        *common, ("ETag", '"1"'), ("Content-Security-Policy", "frame-ancestors 'self' https://lab.example:8443"),
        ("Cache-Control", "no-store"),
    ]  # fmt: skip
    assert headers.to_browser(said, OWN, 8080) == [
        *common, ("Cache-Control", "max-age=3600, public"), ("ETag", '"1"'), ("Service-Worker-Allowed", "/"),
        ("Content-Security-Policy", "frame-ancestors 'self' https://lab.example"),
    ]  # fmt: skip


def test_an_origin_that_is_not_ours_stays_what_it_is() -> None:
    """So that an application can refuse it."""
    for origin in (
        "https://evil.example",
        "null",
        "https://lab.example:8444.evil",
        "https://lab.example:8443",
    ):
        told = dict(headers.to_application([("Origin", origin)], SHARED, 8080, is_public=False, remote=""))
        assert told["Origin"] == origin
