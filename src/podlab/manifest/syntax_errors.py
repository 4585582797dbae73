"""The YAML parser's complaints in the words of somebody who does not know a parser."""

from __future__ import annotations

from typing import Any

_PLAIN = (
    ("found character '\\t'", "a tab stands where YAML wants spaces; indent with spaces"),
    ("mapping values are not allowed here", "no ':' is expected here: wrong indentation, or quotes missing?"),
    ("could not find expected ':'", "a ':' is missing after the key"),
    ("found unexpected end of stream", "the quoted text never ends; the closing quote is missing"),
    ("found unexpected document separator", "the quoted text never ends; the closing quote is missing"),
    ("expected '<document start>'", "a second value begins here; put '---' before it, or indent it"),
    ("but found '<block sequence start>'", "a list where 'key: value' is expected; wrong indentation?"),
    ("expected <block end>", "this does not belong to what is above; wrong indentation?"),
    ("did not find expected <block end>", "this does not belong to what is above; wrong indentation?"),
    ("expected ',' or ']'", "a ',' or the closing ']' of the list is missing"),
    ("expected ',' or '}'", "a ',' or the closing '}' of the mapping is missing"),
    ("expected the node content", "a value is expected here"),
    ("cannot start any token", "text may not begin with this character; put it in quotes"),
    ("version 1.* is required", "only YAML version 1 is read"),
    ("found unknown escape character", "no such escape in a text in \"…\"; double the '\\', or use '…'"),
)  # fmt: skip


def in_plain_words(error: Any) -> str:
    """For a `ruamel.yaml.error.MarkedYAMLError`. What we have no words for is told in the parser's own."""
    said = " ".join(str(error.problem or error.context or "not YAML").split())
    for sign, plain in _PLAIN:
        if sign in said:
            start = error.context_mark
            begins = f"; it begins on line {start.line + 1}" if start and "missing" in plain else ""
            return plain + begins
    return f"not YAML: {said}"
