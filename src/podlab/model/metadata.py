"""Names, labels and annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podlab.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Wire):
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
