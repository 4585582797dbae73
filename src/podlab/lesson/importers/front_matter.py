"""The words in a source file's front matter, whatever else it holds."""

from __future__ import annotations

import re

from podlab.lesson.head import split
from podlab.manifest.nodes import Mapping, Scalar
from podlab.manifest.report import Report

_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
"""Hugo's other form."""


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Its keys with their words (empty for a list or mapping), and the text with as many empty lines before it."""
    if match := _TOML.match(text):
        return _of_toml(match[1]), "\n" * match[0].count("\n") + text[match.end() :]
    yaml, body = split(text)
    return (scalars(yaml) if yaml else {}), body


def scalars(yaml: str) -> dict[str, str]:
    """The keys at the top of a YAML text. What is no YAML has none."""
    from podlab.manifest.yaml import parse

    documents = parse(yaml.encode(), Report(""))
    if not documents or not isinstance(documents[0], Mapping):
        return {}
    return {
        key: value.text if isinstance(value, Scalar) else ""
        for key, (_, value) in documents[0].entries.items()
    }


def _of_toml(text: str) -> dict[str, str]:
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    return {key: value if isinstance(value, str) else "" for key, value in found.items()}
