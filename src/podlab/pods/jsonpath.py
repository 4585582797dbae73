"""The part of kubectl's JSONPath that names values.

`{.status.phase}`, `{.spec.containers[*].image}`, `{.status.conditions[?(@.type=="Ready")].status}`

https://kubernetes.io/docs/reference/kubectl/jsonpath/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from podlab.errors import Usage

_STEP: Final = re.compile(
    r"""\.?(?P<name>[A-Za-z_][\w-]*)
      | \.?\[(?P<index>-?\d+)\]
      | \.?\[(?P<every>\*)\]
      | \.?\[(?P<quote>['"])(?P<key>[^'"]+)(?P=quote)\]
      | \.?\[\?\(@\.(?P<field>[\w.]+)\s*==\s*(?P<q>['"])(?P<value>[^'"]*)(?P=q)\)\]""",
    re.VERBOSE,
)


def values(path: str, data: Any) -> list[Any]:
    """What the path names, none where nothing is there. `Usage` for a path that is none."""
    found = [data]
    for step in _steps(path):
        found = [each for value in found for each in _taken(step, value)]
    return found


def text(value: Any) -> str:
    """As kubectl prints it: `true`, `3`, a text as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _steps(path: str) -> list[Mapping[str, str | None]]:
    inner = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    steps: list[Mapping[str, str | None]] = []
    position = 0
    while position < len(inner):
        match = _STEP.match(inner, position)
        if match is None:
            raise Usage(
                f"{path!r} is no path that podlab reads, from {inner[position:]!r} on",
                hint="such as {.status.phase} or {.status.containerStatuses[0].restartCount}",
            )
        steps.append(match.groupdict())
        position = match.end()
    return steps


def _taken(step: Mapping[str, str | None], value: Any) -> Iterable[Any]:
    key = step["name"] or step["key"]
    if key is not None:
        return [value[key]] if isinstance(value, Mapping) and key in value else []
    items: Sequence[Any] = value if isinstance(value, list) else []
    if step["every"]:
        return items or (list(value.values()) if isinstance(value, Mapping) else [])
    if step["index"] is not None:
        index = int(step["index"])
        return [items[index]] if -len(items) <= index < len(items) else []
    field, wanted = step["field"] or "", step["value"] or ""
    return [each for each in items if wanted in map(text, values("." + field, each))]
