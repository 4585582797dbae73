"""`podlab firewall`, as far as it needs no engine; tests/engines/docker/test_firewall.py has the rules at work."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Podlab


@pytest.mark.parametrize("other", ["--lan", "--print"])
def test_to_open_takes_all_rules_away(podlab: Podlab, other: str) -> None:
    done = podlab("firewall", "--open", other)
    assert done.code == 2
    assert "--open stands alone" in done.err


def test_an_engine_without_a_machine_of_its_own_is_told(podlab: Podlab) -> None:
    done = podlab("firewall")
    assert done.code != 0
    assert "podlab closes machines of Docker Engines, not of 'fake'" in done.err
