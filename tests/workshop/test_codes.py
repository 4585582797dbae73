"""Codes that people type, and how often they may guess."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.errors import Denied, Invalid
from podlab.workshop import codes
from podlab.workshop.ratelimit import MOST_ADDRESSES, Limiter, network
from tests.clock import ManualClock

SALT = b"salt"


def test_a_code_has_forty_bits_and_nothing_that_eyes_confuse() -> None:
    made = {codes.make() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code) for code in made)
    assert len(codes.ALPHABET) ** codes.LENGTH == 2**40


@given(st.integers(min_value=0, max_value=2**40 - 1))
def test_a_code_is_read_however_it_is_typed(number: int) -> None:
    text = "".join(codes.ALPHABET[number >> 5 * i & 31] for i in range(8))
    typed = f" {text[:4].lower().replace('0', 'o').replace('1', 'l')} {text[4:].replace('1', 'I')} "
    assert codes.read(typed) == text == codes.read(f"{text[:4]}-{text[4:]}")


def test_what_is_stored_tells_nothing_and_differs_by_workshop() -> None:
    digest = codes.digest("K7QM-2XRT", SALT)
    assert digest == codes.digest("k7qm2xrt", SALT)
    assert digest != codes.digest("K7QM-2XRT", b"other")
    assert digest != codes.digest("K7QM-2XRV", SALT)
    assert "K7QM" not in digest
    assert codes.are_equal(digest, digest)
    assert not codes.are_equal(digest, "")


@pytest.mark.parametrize("typed", ["", "  - ", "x" * 65, "€€€"])
def test_what_can_be_no_code_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="no code"):
        codes.read(typed)


def test_ten_failures_are_allowed_then_one_every_six_seconds() -> None:
    clock = ManualClock()
    limiter = Limiter(clock)
    for _ in range(10):
        limiter.check("10.0.0.1")
        limiter.failed("10.0.0.1")
    with pytest.raises(Denied, match="try again in 6 s"):
        limiter.check("10.0.0.1")
    limiter.check("10.0.0.2")
    clock._now += 6
    limiter.check("10.0.0.1")
    limiter.failed("10.0.0.1")
    with pytest.raises(Denied):
        limiter.check("10.0.0.1")


def test_those_who_are_right_are_never_counted() -> None:
    limiter = Limiter(ManualClock())
    for _ in range(1000):
        limiter.check("10.0.0.1")


def test_many_addresses_together_are_held_up_too() -> None:
    clock = ManualClock()
    limiter = Limiter(clock, together=(20, 1.0))
    for n in range(20):
        limiter.check(f"10.0.0.{n}")
        limiter.failed(f"10.0.0.{n}")
    with pytest.raises(Denied):
        limiter.check("10.0.1.1")
    clock._now += 1
    limiter.check("10.0.1.1")


def test_the_addresses_that_are_remembered_have_an_end() -> None:
    limiter = Limiter(ManualClock())
    for n in range(MOST_ADDRESSES + 50):
        limiter.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(limiter._addresses) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_what_one_person_has_at_will_counts_as_one(address: str, counted: str) -> None:
    assert network(address) == counted


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = ManualClock()
    limiter = Limiter(clock)
    for _ in range(10):
        limiter.failed("10.0.0.1")
    clock._now -= 3600
    with pytest.raises(Denied):
        limiter.check("10.0.0.1")
    clock._now += 6
    limiter.check("10.0.0.1")
