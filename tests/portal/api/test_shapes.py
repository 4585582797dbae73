from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podlab.errors import Invalid
from podlab.portal.api import shapes
from podlab.portal.api.shapes import Length, Pattern, Range


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part."""

    name: Annotated[str, Length(5, least=1), Pattern("^[a-z]"), "in small letters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    number: Annotated[int, Range(0, 10)]
    ratio: Annotated[float, Range(-1, 1)] = 0.5
    is_good: bool = False
    colour: Colour = Colour.RED
    kind: Literal["a", "b"] | None = None
    parts: Annotated[tuple[Part, ...], Length(2)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    at: datetime
    counts: Mapping[str, int]
    thing: Thing | None = None


def schema_of(kind: Any, *, is_input: bool = True) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    found = shapes.schema(kind, parts, is_input=is_input)
    return {**found, "components": {"schemas": parts}}


def is_valid(kind: Any, data: Any) -> bool:
    return jsonschema.Draft202012Validator(schema_of(kind)).is_valid(data)


def test_what_fits_becomes_the_typed_value() -> None:
    data = {"number": 3.0, "colour": "blue", "kind": "b", "parts": [{"name": "x"}]}
    assert shapes.read(Thing, data) == Thing(number=3, colour=Colour.BLUE, kind="b", parts=(Part(name="x"),))


def test_every_problem_is_told_with_its_place() -> None:
    with pytest.raises(Invalid) as error:
        shapes.read(Thing, {"number": 11, "parts": [{"name": ""}, 3], "colour": "green", "nam\u0000e": 1})
    text = "\n".join(error.value.problems)
    for words in ("body.number: a number from 0 to 10", "body.parts.0.name: 1 to 5 letters",
                  "body.parts.1: an object", "one of red, blue", "is not known here"):  # fmt: skip
        assert words in text


def test_a_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(Invalid):
        shapes.read(Part, json.loads('{"name": "a\\ud800"}'))


def test_what_has_no_end_cannot_be_an_input() -> None:
    @dataclass(frozen=True, slots=True)
    class Endless:
        text: str

    globals()["Endless"] = Endless
    with pytest.raises(TypeError):
        schema_of(Endless)
    assert schema_of(Endless, is_input=False)["$ref"].endswith("/Endless")


def test_an_answer_is_as_its_schema_says() -> None:
    made = Told(at=datetime(2026, 1, 31, 12, tzinfo=UTC), counts={"a": 1}, thing=Thing(number=1))
    encoded = json.loads(json.dumps(shapes.encode(made)))
    assert encoded["at"] == "2026-01-31T12:00:00Z"
    jsonschema.Draft202012Validator(schema_of(Told, is_input=False)).validate(encoded)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.floats(-2, 12),
    st.sampled_from(["red", "a", "x", "X", "", "abcdef"]),
)
KEYS = st.sampled_from(["number", "ratio", "is_good", "colour", "kind", "parts", "other"])
LISTS = st.lists(st.one_of(SCALARS, st.dictionaries(st.sampled_from(["name", "other"]), SCALARS)), max_size=3)


@given(st.one_of(SCALARS, st.dictionaries(KEYS, st.one_of(SCALARS, LISTS))))
def test_the_reader_and_the_schema_say_the_same(data: Any) -> None:
    try:
        shapes.read(Thing, data)
    except Invalid:
        assert not is_valid(Thing, data)
    else:
        assert is_valid(Thing, data)
