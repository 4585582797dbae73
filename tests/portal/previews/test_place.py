from __future__ import annotations

import pytest

from podlab.errors import Invalid
from podlab.portal.previews import Grant, Names, Ports
from podlab.portal.previews.grant import Seals

SEALS = Seals(b"key")


def grant(port: int = 8080, seat: int = 7, holder: str = "p-ann") -> Grant:
    return Grant(seat=seat, port=port, holder=holder)


def test_second_ports_follow_the_name_by_which_the_portal_was_reached() -> None:
    place = Ports("https://lab.example", [8444])
    assert place.origin(grant(), "lab.example", SEALS) == "https://lab.example:8444"
    assert place.origin(grant(), "192.0.2.7:443", SEALS) == "https://192.0.2.7:8444"
    assert place.origin(grant(), "[2001:db8::1]:443", SEALS) == "https://[2001:db8::1]:8444"
    assert place.origin(grant(), "[2001:db8::1]", SEALS) == "https://[2001:db8::1]:8444"
    assert place.sources("Lab.example") == "https://lab.example:8444"
    spot = place.spot("lab.example:8444")
    assert spot and (spot.origin, spot.portal) == ("https://lab.example:8444", "https://lab.example")
    assert (spot.cookie, spot.is_shared, spot.is_secure) == ("__Host-Http-podlab-preview-8444", True, True)


@pytest.mark.parametrize(
    "host", ["lab.example", "lab.example:443", "lab.example:84440", "lab.example:", "x:8444x", ""]
)
def test_the_portals_own_port_shows_no_preview(host: str) -> None:
    assert Ports("https://lab.example", [8444]).spot(host) is None


def test_a_plain_portal() -> None:
    spot = Ports("http://lab.example:8000", [80]).spot("lab.example")
    assert spot and (spot.origin, spot.portal) == ("http://lab.example", "http://lab.example:8000")
    assert (spot.cookie, spot.is_secure) == ("podlab-preview-80", False)
    local = Ports("http://localhost:8000", [8001]).spot("localhost:8001")
    assert local and local.is_secure and local.cookie.startswith("__Host-")


def test_each_preview_has_a_port_as_long_as_there_are_some() -> None:
    place = Ports("https://lab.example", [8444, 8445, 8446], [8080, 3000])
    ports = {port: place.origin(grant(port), "lab.example", SEALS)[-4:] for port in (8080, 3000, 9000, 9001)}
    assert ports == {8080: "8444", 3000: "8445", 9000: "8446", 9001: "8446"}
    assert place.admits("lab.example:8445", grant(3000), SEALS)
    assert not place.admits("lab.example:8444", grant(3000), SEALS)
    assert Ports("https://lab.example", [8444], [8080, 3000]).admits("lab.example:8444", grant(3000), SEALS)


def test_a_name_for_each_port_seat_and_person() -> None:
    place = Names("https://lab.example.org", "https://*.previews.example.org:8444")
    names = {
        place.origin(each, "lab.example.org", SEALS)
        for each in (grant(), grant(8081), grant(seat=8), grant(holder="p-bob"), grant(holder="trainer"))
    }
    assert len(names) == 5
    origin = place.origin(grant(), "lab.example.org", SEALS)
    host = origin.removeprefix("https://")
    assert host.startswith("8080-7-")
    assert place.admits(host, grant(), SEALS)
    assert place.admits(host.upper(), grant(), SEALS)
    for other in (grant(8081), grant(seat=8), grant(holder="p-bob")):
        assert not place.admits(host, other, SEALS)
    spot = place.spot(host)
    assert spot and (spot.origin, spot.portal) == (origin, "https://lab.example.org")
    assert (spot.cookie, spot.is_shared, spot.is_foreign) == ("__Host-Http-podlab-preview", False, True)
    assert place.sources("x") == "https://*.previews.example.org:8444"


def test_names_below_the_portals_are_the_same_site() -> None:
    for portal, names, is_foreign in [
        ("https://lab.example.org", "https://*.lab.example.org", False),
        ("https://lab.example.org", "https://*.p.lab.example.org:8444", False),
        ("http://localhost:8000", "http://*.localhost:8001", True),  # browsers hold each such name for a site
        (
            "http://lab.example.org",
            "http://*.previews.example.org",
            False,
        ),  # no cookie could be kept in a frame
    ]:
        place = Names(portal, names)
        spot = place.spot(place.origin(grant(), "", SEALS).partition("//")[2])
        assert spot and spot.is_foreign == is_foreign, names


@pytest.mark.parametrize(
    "host", ["previews.example.org", "x.previews.example.org", "8080-7-aaaaaaaaaaaaaaa1.previews.example.org",
             "8080-7-aaaaaaaaaaaaaaaa.x.previews.example.org", "8080-7-aaaaaaaaaaaaaaaa.previews.example.org:1",
             "lab.example.org"],
)  # fmt: skip
def test_other_names_show_nothing(host: str) -> None:
    assert Names("https://lab.example.org", "https://*.previews.example.org").spot(host) is None


@pytest.mark.parametrize(
    "names", ["https://previews.example.org", "*.example.org", "https://*", "ftp://*.x", "https://*.*.x"]
)
def test_what_names_no_hosts_is_refused(names: str) -> None:
    with pytest.raises(Invalid):
        Names("https://lab.example.org", names)


def test_a_preview_is_never_on_the_portals_origin() -> None:
    with pytest.raises(Invalid, match="own"):
        Ports("https://lab.example:8443", [8443])
    with pytest.raises(Invalid, match="own"):
        Ports("https://lab.example", [8444, 443])
    with pytest.raises(Invalid, match="own"):
        Names("https://lab.example.org", "https://*.example.org")
    with pytest.raises(Invalid):
        Ports("https://lab.example", [])
