"""The words that `render` adds to a lesson's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """English unless said otherwise. A lesson's own text is never translated."""

    run: str = "Run"
    copy: str = "Copy"
    check: str = "Check"
    not_checked: str = "Not checked yet"
    answer: str = "Answer"
    note: str = "Note"
    tip: str = "Tip"
    warning: str = "Warning"
    hint: str = "Hint"


ENGLISH = Words()
GERMAN = Words(
    run="Ausführen", copy="Kopieren", check="Prüfen", not_checked="Noch nicht geprüft", answer="Antworten",
    note="Hinweis", tip="Tipp", warning="Achtung", hint="Hilfe",
)  # fmt: skip
