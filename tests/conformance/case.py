"""A manifest and what is expected of it, as one file holds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

MANIFESTS: Final = Path(__file__).parent / "manifests"
PENDING: Final = Path(__file__).parent / "pending.txt"
ON_KUBERNETES: Final = Path(__file__).parent / "on_kubernetes.txt"
PODLAB_ON_KUBERNETES: Final = Path(__file__).parent / "podlab_on_kubernetes.txt"
_EXPECTED: Final = re.compile(r"^--- # expected$", re.MULTILINE)

Expected = Mapping[str, Any]
"""What must be so, by the keys that README.md lists; what is not named may be anything."""

_STEP_KEYS: Final = {
    "do", "pod", "within", "after", "stays", "phase", "reason", "message", "conditions", "containers", "selected",
    "gone", "files", "exec", "logs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """`text` is what a user would give to `podlab up` or `kubectl apply`."""

    name: str
    area: str
    text: str
    steps: tuple[Expected, ...]
    pods: tuple[str, ...]
    since: tuple[int, int]
    """The Kubernetes version that behaves so without a feature gate."""
    needs: frozenset[str]
    """What a cluster must have for it, such as `storage`: a default storage class."""


@cache
def load_all() -> tuple[Case, ...]:
    """By name; the slow ones are no matter of the file."""
    return tuple(load(path) for path in sorted(MANIFESTS.rglob("*.yaml"), key=lambda path: path.stem))


def load(path: Path) -> Case:
    """`ValueError` where the file does not hold a manifest and a well-formed expectation."""
    text, *rest = _EXPECTED.split(path.read_text())
    if len(rest) != 1:
        raise ValueError(f"{path.name}: needs exactly one line '--- # expected'")
    yaml = YAML(typ="safe", pure=True)
    expected = yaml.load(rest[0])
    steps = (expected, *expected.pop("then", ()))
    since = tuple(int(part) for part in str(expected.pop("since", "1.20")).split("."))
    needs = frozenset(expected.pop("needs", ()))
    for step in steps:
        if wrong := step.keys() - _STEP_KEYS:
            raise ValueError(f"{path.name}: unknown in the expectation: {', '.join(sorted(wrong))}")
    documents = [each for each in YAML(typ="safe", pure=True).load_all(text) if each]
    items = [item for each in documents for item in each.get("items", [each])]
    pods = tuple(item["metadata"]["name"] for item in items if item["kind"] == "Pod")
    return Case(path.stem, path.parent.name, text, steps, pods, (since[0], since[1]), needs)


def pending(*lists: Path) -> dict[str, str]:
    """Name → reason, of what does not behave as expected; without a list, of podlab on Docker."""
    text = "\n".join(path.read_text() for path in lists or [PENDING])
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    rows = [line.partition(":") for line in lines if line]
    return {name.strip(): reason.strip() for name, _, reason in rows}
