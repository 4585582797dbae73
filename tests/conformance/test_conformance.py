"""Every manifest of the folder, on podlab as its users have it. `python -m tests.conformance --help` for a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.case import Case, load_all, pending

if TYPE_CHECKING:
    from tests.conformance.conftest import Results

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="module"),
]
PENDING = pending()


@pytest.mark.parametrize("case", load_all(), ids=lambda case: case.name)
async def test_behaves_as_in_kubernetes(case: Case, results: Results) -> None:
    differences = await results[case.name]
    told = f"{case.name}:\n" + "\n".join(differences)
    if case.name in PENDING:
        assert differences, f"{case.name} behaves as expected: take it out of pending.txt"
        pytest.xfail(f"{PENDING[case.name]}; {told}")
    assert not differences, told
