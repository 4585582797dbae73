"""Every manifest of the folder on a real cluster, by podlab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import ON_KUBERNETES, PODLAB_ON_KUBERNETES, Case, load_all, pending

if TYPE_CHECKING:
    from tests.conformance.under_way import Results

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(600)]
OTHERWISE = pending(ON_KUBERNETES, PODLAB_ON_KUBERNETES)


@pytest.mark.parametrize("case", load_all(), ids=lambda case: f"{case.area}/{case.name}")
def test_behaves_as_in_kubernetes_on_kubernetes(case: Case, results_of_podlab_on_kubernetes: Results) -> None:
    if case.name not in results_of_podlab_on_kubernetes:
        pytest.skip(f"Kubernetes has it from {case.since[0]}.{case.since[1]} on")
    differences = results_of_podlab_on_kubernetes[case.name].result()
    told = f"{case.name}:\n" + "\n".join(differences)
    if case.name in OTHERWISE:
        if not differences:
            pytest.fail(
                f"{case.name} behaves as expected: take it out of {PODLAB_ON_KUBERNETES.name}", pytrace=False
            )
        pytest.xfail(f"{OTHERWISE[case.name]}; {told}")
    if differences:
        pytest.fail(told, pytrace=False)
