"""Every manifest of the folder, on podlab as its users have it. `python -m tests.conformance --help` for a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import Case, load_all, pending

if TYPE_CHECKING:
    from tests.conformance.under_way import Results

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
PENDING = pending()


@pytest.mark.parametrize("case", load_all(), ids=lambda case: f"{case.area}/{case.name}")
def test_behaves_as_in_kubernetes(case: Case, results: Results) -> None:
    differences = results[case.name].result()
    told = f"{case.name}:\n" + "\n".join(differences)
    if case.name in PENDING:
        if not differences:
            pytest.fail(f"{case.name} behaves as expected: take it out of pending.txt", pytrace=False)
        pytest.xfail(f"{PENDING[case.name]}; {told}")
    if differences:
        pytest.fail(told, pytrace=False)
