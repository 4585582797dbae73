"""Expected against seen: a line for each difference. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_MATCHERS: Final = {"matches", "lacks", "at_least", "at_most"}


def differences(expected: Any, seen: Any, where: str = "") -> Iterator[str]:
    """Of mappings only the expected keys count; of texts, white space at the ends does not. A mapping of
    `matches` and `lacks` (regular expressions), `at_least` and `at_most` (numbers) is asked instead of equality."""
    if isinstance(expected, Mapping) and expected.keys() <= _MATCHERS and expected:
        yield from _unmatched(expected, seen, where)
    elif isinstance(expected, Mapping):
        if not isinstance(seen, Mapping):
            yield f"{where}: expected {dict(expected)}, there is {_shown(seen)}"
            return
        for key, value in expected.items():
            yield from differences(value, seen.get(key), f"{where}.{key}".lstrip("."))
    elif _plain(expected) != _plain(seen):
        yield f"{where}: expected {_shown(_plain(expected))}, there is {_shown(_plain(seen))}"


def _unmatched(expected: Mapping[str, Any], seen: Any, where: str) -> Iterator[str]:
    text = "" if seen is None else str(seen)
    if (pattern := expected.get("matches")) is not None and not re.search(pattern, text, re.MULTILINE):
        yield f"{where}: expected /{pattern}/ in {_shown(text)}"
    if (pattern := expected.get("lacks")) is not None and re.search(pattern, text, re.MULTILINE):
        yield f"{where}: expected no /{pattern}/ in {_shown(text)}"
    if (least := expected.get("at_least")) is not None and (seen is None or float(seen) < least):
        yield f"{where}: expected at least {least}, there is {_shown(seen)}"
    if (most := expected.get("at_most")) is not None and (seen is None or float(seen) > most):
        yield f"{where}: expected at most {most}, there is {_shown(seen)}"


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 300 else f"{text[:150]} … {text[-150:]}"
