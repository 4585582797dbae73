"""The list of what Kubernetes does not keep is true to the contract and to what people read."""

from __future__ import annotations

from pathlib import Path

from podlab.testing.contract import EngineContract
from tests.engines.kubernetes import test_contract_containers, test_contract_inside, test_contract_pods
from tests.engines.kubernetes.case import OnKubernetes
from tests.engines.kubernetes.limits import LIMITS

PAGE = Path(__file__).parents[3] / "docs/kubernetes.md"


def test_every_limit_is_of_a_test_of_the_contract() -> None:
    assert [name for name in LIMITS if not hasattr(EngineContract, name.partition("[")[0])] == []


def test_all_of_the_contract_runs_on_kubernetes() -> None:
    cases = (
        test_contract_containers.TestContainers, test_contract_inside.TestInside, test_contract_pods.TestPods,
    )  # fmt: skip
    parts = {part for case in cases for part in case.__bases__}
    assert parts - {OnKubernetes} == set(EngineContract.__bases__), "add the new part to one of these files"


def test_the_page_shows_the_list_and_nothing_else() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `test_")]
    assert rows == [f"| `{name}` | {why} |" for name, why in LIMITS.items()]
