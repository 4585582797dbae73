"""Kubernetes' own list of fields against ours: none is left out of account in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from podlab.manifest.coverage import Standing
from podlab.manifest.fields_page import Lists, all_rows, page, podman_rows

DOCS = Path(__file__).parents[2] / "docs"
LISTS = Lists.read(DOCS / "data")


@pytest.mark.parametrize("standing", [Standing.UNKNOWN, Standing.OURS])
def test_every_field_of_kubernetes_is_honoured_or_refused_by_name_and_there_are_no_others(
    standing: Standing,
) -> None:
    """Also below fields that are refused today, so that no gap opens when one is honoured."""
    found = all_rows(LISTS, everywhere=True)
    assert [f"{row.type}.{row.field}" for row in found if row.standing is standing] == []


def test_every_refusal_says_why() -> None:
    refused = (Standing.REFUSED, Standing.ON_KUBERNETES)
    assert [row for row in all_rows(LISTS) if row.standing in refused and not row.reason] == []


def test_the_list_is_the_whole_api_of_a_pod() -> None:
    """So that a list that was reduced too far is noticed."""
    types = LISTS.kubernetes["types"]
    assert {"initContainers", "ephemeralContainers", "schedulingGates"} <= types["PodSpec"].keys()
    assert {"restartPolicyRules", "startupProbe"} <= types["Container"].keys()
    assert len(types["Volume"]) > 30
    assert len(podman_rows(LISTS)) == 163


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "kubernetes-fields.md").read_text() == page(LISTS), "run scripts/kubernetes-fields"
