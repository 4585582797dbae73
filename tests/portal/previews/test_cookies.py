from __future__ import annotations

import pytest

from podlab.portal.previews import cookies
from podlab.portal.previews.place import Spot

PLAIN = Spot(origin="http://lab.example:8444", portal="http://lab.example:8443", cookie="c", is_shared=True)
SECURE = Spot(
    origin="https://lab.example:8444", portal="https://lab.example:8443", cookie="c", is_shared=True
)
FOREIGN = Spot(
    origin="https://a.previews.example",
    portal="https://lab.example",
    cookie="c",
    is_shared=False,
    is_foreign=True,
)


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (["a=1; podlab-seat=s; b=2"], "a=1; b=2"),
        (["__Host-podlab-seat=s"], ""),
        (["__host-PODLAB-trainer=s; __Secure-podlab-x=1;podlab-preview-8444=2;;  podlab=3"], ""),
        (["a=1", "podlab-theme=dark; c=x=podlab-seat"], "a=1; c=x=podlab-seat"),
        (["sessionid=\"a b\"; podlab"], 'sessionid="a b"'),
        ([], ""),
    ],
)  # fmt: skip
def test_the_portals_cookies_stay_with_the_portal(sent: list[str], passed: str) -> None:
    assert cookies.to_application(sent) == passed


@pytest.mark.parametrize(
    "header",
    [
        "podlab-seat=evil", "__Host-podlab-seat=evil; Secure; Path=/", " podlab-seat =evil", "\tPODLAB-seat=evil",
        "__Host-Http-podlab-seat=evil", "podlab-preview-8444=x", "podlab-seat", "=podlab-seat=evil",
        "=__Host-podlab-seat=x",
        "; podlab-seat=evil", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("spot", [PLAIN, SECURE, FOREIGN])
def test_an_application_sets_no_cookie_of_the_portals(header: str, spot: Spot) -> None:
    assert cookies.to_browser(header, spot) is None


@pytest.mark.parametrize(
    ("spot", "header", "kept"),
    [
        (SECURE, "sid=1; Path=/a; Domain=.lab.example; HttpOnly; Secure; SameSite=None",
                 "sid=1; Path=/a; HttpOnly; Secure; SameSite=None"),
        (PLAIN, "sid=1; domain=lab.example; Secure; SameSite=None", "sid=1"),
        (PLAIN, "sid=1; SameSite=Strict; Max-Age=5; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
                "sid=1; SameSite=Strict; Max-Age=5; Expires=Wed, 21 Oct 2015 07:28:00 GMT"),
        (FOREIGN, "sid=1; SameSite=Strict; HttpOnly", "sid=1; HttpOnly; Secure; SameSite=None; Partitioned"),
        (SECURE, "a=b=c; DOMAIN = x", "a=b=c"),
    ],
)  # fmt: skip
def test_other_cookies_are_for_this_host_alone(spot: Spot, header: str, kept: str) -> None:
    assert cookies.to_browser(header, spot) == kept
