"""A workshop's name for what a source is called."""

from __future__ import annotations

import re
from pathlib import Path


def name_of(source: Path) -> str:
    """A name that a workshop can have: `2017-01-20 Docker_Images.markdown` → `docker-images`."""
    words = re.sub(r"^[\d\W_]+", "", source.resolve().stem.lower())
    return re.sub(r"[^a-z0-9]+", "-", words)[:40].strip("-") or "workshop"
