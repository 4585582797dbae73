"""What turns one JSON document into another, as a merge patch. Pure. https://www.rfc-editor.org/rfc/rfc7386"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Empty where they are equal. What only others have written is in neither, and stays."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key not in before:
            patch[key] = value
        elif isinstance(value, Mapping) and isinstance(before[key], Mapping):
            if inner := merge(before[key], value):
                patch[key] = inner
        elif value != before[key]:
            patch[key] = value
    return patch
