"""Kubernetes quantities and durations: `500m`, `1.5`, `64Mi`, `2G`, `1h30m`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

_SUFFIX: Final = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10) ** 3, "M": Decimal(10) ** 6, "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12, "P": Decimal(10) ** 15, "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40, "Pi": Decimal(2) ** 50, "Ei": Decimal(2) ** 60,
}  # fmt: skip
_QUANTITY = re.compile(
    r"([+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?"
)
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse(text: str | float) -> Decimal:
    """The plain number that a quantity stands for. `ValueError` where it is none."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a quantity such as 500m, 2, 64Mi or 1G")
    number, suffix, exponent = match.groups()
    return Decimal(number).scaleb(int(exponent)) if exponent else Decimal(number) * _SUFFIX[suffix or ""]


def whole(text: str | float) -> int:
    """Rounded up to a whole number, as Kubernetes does: bytes of memory."""
    return int(parse(text).to_integral_value(ROUND_CEILING))


def nano(text: str | float) -> int:
    """In billionths: Docker's NanoCpus."""
    return int((parse(text) * 10**9).to_integral_value(ROUND_CEILING))


def seconds(text: str) -> int:
    """`90`, `90s`, `10m`, `1h30m`, `2d` in seconds. `ValueError` where it is no duration."""
    if text.isascii() and text.isdigit():
        return int(text)
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{text!r} is not a duration such as 90s, 10m or 1h30m")
    days, hours, minutes, secs = (int(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + secs


def share(amount: int | str, of: int, *, up: bool) -> int:
    """A number as it is, or `25%` of some, rounded up or down. `ValueError` where it is neither."""
    if isinstance(amount, int):
        if amount < 0:
            raise ValueError(f"must be 0 or more, not {amount}")
        return amount
    number = amount.removesuffix("%")
    if not amount.endswith("%") or not (number.isascii() and number.isdigit()) or len(number) > 3:
        raise ValueError(f"must be a number of pods or a share such as 25%, not {amount!r}")
    exact = of * int(number) / 100
    return math.ceil(exact) if up else math.floor(exact)


def intervals(text: str, most: int) -> set[int]:
    """`0,2-4` as numbers below `most`. `ValueError` where it is none, or one stands there twice."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not all(
            each.isascii() and each.isdigit() and len(each) < 10 for each in (first, last if dash else first)
        ):
            raise ValueError(f"must be numbers and intervals such as 0,2-4, not {text!r}")
        low, high = int(first), int(last if dash else first)
        if high < low or high >= most:
            raise ValueError(f"{part} is not within 0 to {most - 1}")
        if not found.isdisjoint(range(low, high + 1)):
            raise ValueError(f"{part} names an index twice")
        found.update(range(low, high + 1))
    return found
