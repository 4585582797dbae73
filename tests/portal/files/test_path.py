from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.errors import Invalid
from podlab.portal.files import path
from tests.portal.files.places import HOSTILE

names = st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name)
paths = st.lists(names.filter(lambda name: name not in (b".", b"..")), max_size=5).map(
    lambda parts: b"/" + b"/".join(parts)
)


@given(paths)
def test_any_path_comes_back_byte_by_byte(which: bytes) -> None:
    text = path.encoded(which)
    assert text.isascii()
    assert path.decoded(text) == which


def test_a_shell_reads_what_was_escaped() -> None:
    for name in HOSTILE:
        script = 'word=$(printf \'%b.\' "$1"); printf %s "${word%.}"'
        done = subprocess.run(["sh", "-c", script, "sh", path.escaped(name)], capture_output=True, check=True)
        assert done.stdout == name


@pytest.mark.parametrize(
    "text", ["", "etc", "/a/../b", "/..", "/a/./b", "/%2e%2E/etc", "/a%00b", "/" + "x" * 256, "/a" * 2048]
)
def test_a_path_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        path.decoded(text)


def test_slashes_too_many_do_not_matter() -> None:
    assert path.decoded("//home///work/") == b"/home/work"
    assert path.decoded("/") == b"/"


def test_control_characters_and_what_is_no_utf8_are_shown_as_signs() -> None:
    assert path.shown(b"a\nb\x1b[31m\x7f\xff \xc3\xa9") == "a\u240ab\u241b[31m\u2421\ufffd é"


def test_parts_of_a_path() -> None:
    assert path.name(b"/a/b") == b"b"
    assert path.parent(b"/a/b") == b"/a"
    assert path.parent(b"/a") == b"/"
    assert path.child(b"/", b"a") == b"/a"
    assert path.child(b"/a", b"b") == b"/a/b"
