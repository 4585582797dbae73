"""The word that somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'imagePullPolicy'?`, or nothing where no known word is near."""
    import difflib

    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(
        word.lower().replace("_", "").replace("-", "")[:80], folded, n=1, cutoff=0.7
    )
    return f"; did you mean {folded[near[0]]!r}?" if near else ""
