from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from podlab.errors import Invalid
from podlab.portal.terminals import protocol
from podlab.portal.terminals.protocol import Ack, Input, Ping, Resize, State

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "terminal-vectors.json").read_text())


def _named(frame: protocol.ClientFrame) -> dict[str, Any]:
    match frame:
        case Input(data):
            return {"type": "input", "data_hex": data.hex()}
        case Resize(columns, rows):
            return {"type": "resize", "cols": columns, "rows": rows}
        case Ack(size_bytes):
            return {"type": "ack", "bytes": size_bytes}
        case Ping():
            return {"type": "ping"}


def _encoded(frame: dict[str, Any]) -> bytes:
    match frame["type"]:
        case "output":
            return protocol.output(bytes.fromhex(frame["data_hex"]))
        case "state":
            return protocol.state(State(**frame["state"]))
        case "skipped":
            return protocol.skipped(frame["bytes"])
        case "replay":
            return protocol.REPLAY_BEGINS if frame["active"] else protocol.REPLAY_ENDS
        case "pong":
            return protocol.PONG
    raise AssertionError(frame)


@pytest.mark.parametrize("vector", VECTORS["client"], ids=lambda each: each["name"])
def test_what_the_browser_sends_is_understood(vector: dict[str, Any]) -> None:
    frame = protocol.decode(bytes.fromhex(vector["hex"]))
    assert _named(frame) == vector["frame"]
    assert protocol.encode(frame).hex() == vector["hex"]


@pytest.mark.parametrize("vector", VECTORS["server"], ids=lambda each: each["name"])
def test_the_browser_understands_what_we_send(vector: dict[str, Any]) -> None:
    assert _encoded(vector["frame"]).hex() == vector["hex"]


@pytest.mark.parametrize("vector", VECTORS["invalid"]["client"], ids=lambda each: each["name"])
def test_what_the_browser_may_not_send_is_invalid(vector: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        protocol.decode(bytes.fromhex(vector["hex"]))


@given(st.binary(max_size=200))
@example(b"")
@example(b"r\0\0\0\1")
def test_any_bytes_are_a_frame_or_invalid(data: bytes) -> None:
    try:
        frame = protocol.decode(data)
    except Invalid:
        return
    assert protocol.encode(frame) == data


def test_input_beyond_the_limit_is_invalid() -> None:
    assert protocol.decode(b"i" + bytes(protocol.MAX_INPUT_BYTES))
    with pytest.raises(Invalid):
        protocol.decode(b"i" + bytes(protocol.MAX_INPUT_BYTES + 1))


def test_more_than_a_number_can_hold_is_told_as_the_largest() -> None:
    assert protocol.skipped(1 << 40) == b"k\xff\xff\xff\xff"
