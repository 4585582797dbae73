"""Ids that outlive edits, so that an attendee's progress does.

An id is made from the step's file name without its number and from the words of the thing itself. So steps can be
renumbered, and other things on a page written anew, moved or removed. What is itself changed becomes a new thing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter

_NUMBER = re.compile(r"^\d+[-_. ]*")
_OTHER = re.compile(r"[^a-z0-9]+")


def step_id(file_name: str) -> str:
    """`02-One network.md` → `one-network`."""
    stem = file_name.rpartition(".")[0] or file_name
    slug = _OTHER.sub("-", _NUMBER.sub("", stem).lower()).strip("-")
    return slug or f"step-{_OTHER.sub('-', stem.lower()).strip('-') or digest(file_name)}"


def digest(text: str) -> str:
    """Eight letters for a text; how its lines are broken makes no difference."""
    return hashlib.blake2s(" ".join(text.split()).encode(), digest_size=4).hexdigest()


class Ids:
    """The ids of one step's elements. Of equal ones, such as a command that is run twice, the later get a number."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._seen: Counter[str] = Counter()

    def make(self, kind: str, text: str) -> str:
        made = f"{self._step}-{kind}-{digest(text)}"
        self._seen[made] += 1
        return made if self._seen[made] == 1 else f"{made}-{self._seen[made]}"
