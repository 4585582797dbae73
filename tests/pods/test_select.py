"""Label selectors."""

from __future__ import annotations

import pytest

from podlab.errors import Usage
from podlab.pods.select import selector

LABELS = {"app": "web", "tier": "front", "podlab.io/x": "1"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("app=web", True), ("app==web", True), ("app = web , tier=front", True), ("app=db", False),
        ("app!=db", True), ("app!=web", False), ("missing!=x", True), ("app", True), ("!app", False),
        ("missing", False), ("!missing", True), ("app in (web, db)", True), ("app notin (web,db)", False),
        ("missing notin (a)", True), ("app in (db),tier", False), ("podlab.io/x=1", True), ("app=", False),
    ],
)  # fmt: skip
def test_a_selector_is_that_of_kubernetes(text: str, fits: bool) -> None:
    assert selector(text)(LABELS) is fits


@pytest.mark.parametrize("text", ["", "app ~ web", "app=web,", "in (a)", "app in a", "=x", "app in (a"])
def test_what_is_no_selector_is_a_usage_error(text: str) -> None:
    with pytest.raises(Usage, match="is no label selector"):
        selector(text)
