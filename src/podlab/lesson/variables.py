"""`{{ seat.name }}`: what differs from seat to seat. Names are put in place, and nothing else: there are no
expressions, so a value can never become more than text.

A name has a dot and begins with a letter, so Go templates such as `{{.Names}}` and `{{json .}}`, which Docker's
`--format` takes, are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from podlab.errors import NotFound

VARIABLE: Final = re.compile(r"\{\{[ \t]*([a-z][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)+)[ \t]*\}\}")


def names(text: str) -> Iterator[tuple[str, int]]:
    """Each variable in the text, and where it begins."""
    return ((match[1], match.start()) for match in VARIABLE.finditer(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables' values. A value is not looked at again. `NotFound` names one without value."""
    return VARIABLE.sub(lambda match: value(match[1], values), text)


def value(name: str, values: Mapping[str, str]) -> str:
    """`NotFound` where there is none: a step is read with the `Scope` of its workshop, so this is no typing error
    in the lesson."""
    try:
        return values[name]
    except KeyError as error:
        raise NotFound(f"the variable {name!r} has no value here", subject=name) from error
