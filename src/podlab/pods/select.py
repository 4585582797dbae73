"""Label selectors: `app=web,tier!=db,stage in (dev, test),!old`.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from podlab.errors import Usage

Selector = Callable[[Mapping[str, str]], bool]

_KEY = r"[A-Za-z0-9]([-\w./]*[A-Za-z0-9])?"
_EQUAL = re.compile(rf"(?P<key>{_KEY})\s*(?P<sign>==?|!=)\s*(?P<value>[-\w.]*)")
_SET = re.compile(rf"(?P<key>{_KEY})\s+(?P<sign>in|notin)\s*\((?P<values>[^()]*)\)")
_HAS = re.compile(rf"(?P<sign>!?)\s*(?P<key>{_KEY})")


def selector(text: str) -> Selector:
    """What tells whether labels fit all of the requirements. `Usage` where the text is no selector."""
    requirements = [_requirement(part.strip()) for part in re.split(r",(?![^(]*\))", text)]
    return lambda labels: all(fits(labels) for fits in requirements)


def _requirement(text: str) -> Selector:
    if match := _EQUAL.fullmatch(text):
        key, value = match["key"], match["value"]
        if match["sign"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _SET.fullmatch(text):
        key, values = match["key"], {value.strip() for value in match["values"].split(",")}
        if match["sign"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _HAS.fullmatch(text):
        key, is_wanted = match["key"], not match["sign"]
        return lambda labels: (key in labels) is is_wanted
    raise Usage(
        f"{text!r} is no label selector",
        subject=text,
        hint="such as app=web, tier!=db, stage in (dev, test) or !old",
    )
