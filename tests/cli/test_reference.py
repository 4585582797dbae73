"""docs/cli.md."""

from __future__ import annotations

from pathlib import Path

from podlab.cli.main import COMMANDS
from podlab.cli.reference import reference

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_reference_has_every_command() -> None:
    text = reference()
    assert [
        name for group in COMMANDS.values() for name in group if f"\n### podlab {name}\n" not in text
    ] == []


def test_the_reference_in_the_docs_is_up_to_date() -> None:
    assert DOCS.read_text() == reference(), "run scripts/cli-reference"
