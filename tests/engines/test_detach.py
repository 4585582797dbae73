from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.engines.detach import DetachKeys
from podlab.errors import Invalid


def test_the_first_key_is_held_back_until_the_next_one_tells() -> None:
    keys = DetachKeys("ctrl-p,ctrl-q")
    assert keys.feed(b"a\x10") == b"a"
    assert keys.feed(b"\x10b") == b"\x10\x10b"
    assert not keys.were_pressed


def test_after_the_keys_nothing_goes_on() -> None:
    keys = DetachKeys("ctrl-p,ctrl-q")
    assert keys.feed(b"ls\r\x10") == b"ls\r"
    assert keys.feed(b"\x11rm -r /\r") == b""
    assert keys.were_pressed
    assert keys.feed(b"more") == b""


def test_no_keys_hold_nothing_back() -> None:
    keys = DetachKeys("")
    assert keys.feed(b"\x10") == b"\x10"
    assert keys.feed(b"\x11") == b"\x11"
    assert not keys.were_pressed


@pytest.mark.parametrize("keys", ["ctrl-é", "ab", "ctrl-1", "a,,b", "ctrl-p,"])
def test_keys_that_docker_would_refuse_are_refused(keys: str) -> None:
    with pytest.raises(Invalid):
        DetachKeys(keys)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_what_is_typed_arrives_whatever_the_pieces(typed: bytes, cuts: list[int]) -> None:
    typed = typed.replace(b"xyx", b"") + b"."
    keys = DetachKeys("x,y,x")
    edges = [0, *sorted(min(cut, len(typed)) for cut in cuts), len(typed)]
    out = b"".join(keys.feed(typed[a:b]) for a, b in pairwise(edges))
    if b"xyx" in typed:  # the replacement can make new ones
        assert keys.were_pressed
        assert out == typed[: typed.index(b"xyx")]
    else:
        assert out == typed
