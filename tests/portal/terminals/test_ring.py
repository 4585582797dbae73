from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podlab.portal.terminals.modes import Modes
from podlab.portal.terminals.ring import Ring

TEXT = st.sampled_from([b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25l", b"\x1b[?1000;1006h", b"\x1b=", b"\x1b>"])
PIECES = st.lists(st.binary(max_size=40) | TEXT, max_size=40)


@given(PIECES, st.integers(1, 64))
def test_the_ring_has_the_end_of_what_was_written(pieces: list[bytes], capacity: int) -> None:
    ring, whole = Ring(capacity), b""
    for piece in pieces:
        ring.append(piece)
        whole += piece
        assert ring.end == len(whole)
        assert ring.start == max(0, len(whole) - capacity)
        for offset in range(ring.start, ring.end + 1):
            assert ring.read(offset, 7) == whole[offset : offset + 7]


@given(PIECES, st.integers(1, 64))
def test_modes_are_those_of_all_output_before(pieces: list[bytes], capacity: int) -> None:
    ring, whole = Ring(capacity), b"".join(pieces)
    for piece in pieces:
        ring.append(piece)
    for offset in range(ring.start, ring.end + 1):
        expected = Modes()
        expected.feed(whole[:offset])
        assert ring.modes_at(offset).restoring() == expected.restoring()


@given(st.lists(TEXT, max_size=10), st.data())
def test_a_sequence_may_be_split_anywhere(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"x".join(pieces)
    cut = data.draw(st.integers(0, len(whole)))
    at_once, split = Modes(), Modes()
    at_once.feed(whole)
    split.feed(whole[:cut])
    split.feed(whole[cut:])
    assert split.restoring() == at_once.restoring()


def test_memory_is_bounded_whatever_was_written() -> None:
    ring = Ring(1 << 16)
    for _ in range(200):
        ring.append(bytes(1 << 14))
    assert len(ring._data) <= (1 << 16) * 3 // 2


def test_a_line_start_cuts_no_character() -> None:
    ring = Ring(20)
    ring.append("日本語🙂\n日本語🙂\n".encode())
    assert ring.read(ring.line_start(ring.start), 99).decode() == "日本語🙂\n"
    assert ring.line_start(0) == 0


def test_an_editor_is_restored_with_its_screen_mouse_and_paste() -> None:
    modes = Modes()
    modes.feed(b"\x1b[?1049h\x1b[?1000;1006h\x1b[?2004h\x1b[?25l")
    assert modes.restoring() == (
        b"\x18\x1b[m\x1b[?7h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?1049h\x1b[?2004h\x1b>"
    )
    modes.feed(b"\x1bc")
    assert modes.restoring() == b"\x18\x1b[m\x1b[?7h\x1b[?25h\x1b>"
