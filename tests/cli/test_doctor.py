"""What `podlab doctor` prints, and its exit code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from podlab.cli import doctor
from podlab.cli.doctor import TOPICS
from podlab.doctor.facts import Attempt, Facts
from podlab.doctor.report import report
from podlab.errors import Unavailable
from tests.doctor.doctor_facts import FACTS, engine

if TYPE_CHECKING:
    from tests.cli.conftest import Podlab


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Facts]:
    """Put another one in: `facts["now"] = …`."""
    current = {"now": FACTS}

    async def given(nested: bool | None, workshop: object = None) -> Facts:
        return current["now"]

    monkeypatch.setattr(doctor, "_facts", given)
    return current


def test_the_summary_is_the_last_line_and_topics_have_titles(podlab: Podlab, facts: dict[str, Facts]) -> None:
    done = podlab("doctor")
    lines = done.out.splitlines()
    assert (done.code, lines[-1]) == (0, "61 seats fit; memory is what limits")
    assert [line for line in lines if line in TOPICS.values()] == [
        title for topic, title in TOPICS.items() if topic != "workshop"
    ]


def test_a_level_is_a_word_not_only_a_colour_and_its_fix_follows(
    podlab: Podlab, facts: dict[str, Facts]
) -> None:
    facts["now"] = engine(version="20.10.24")
    done = podlab("doctor")
    assert done.code == 0
    lines = done.out.splitlines()
    at = next(i for i, line in enumerate(lines) if "! warning" in line)
    assert "20.10.24" in lines[at] and "fix: install 23.0" in lines[at + 1]
    assert lines[-1].endswith("; 1 warning")


def test_a_problem_gives_exit_code_1(podlab: Podlab, facts: dict[str, Facts]) -> None:
    failed = Attempt(worked=False, said="unable to apply caps")
    facts["now"] = replace(FACTS, nested=failed, rootless=failed)
    done = podlab("doctor")
    assert (done.code, "x problem" in done.out) == (1, True)


def test_wanted_seats_decide_about_the_exit_code(podlab: Podlab, facts: dict[str, Facts]) -> None:
    assert podlab("doctor", "--seats", "61").code == 0
    done = podlab("doctor", "--seats", "62")
    assert (done.code, "62 wanted, 61 seats fit; memory is what limits" in done.out) == (1, True)
    assert podlab("doctor", "--seats", "0").code == 2


def test_json_has_the_findings_the_seats_and_the_summary(podlab: Podlab, facts: dict[str, Facts]) -> None:
    found = podlab("doctor", "-o", "json", "--seats", "10").json
    assert [each["id"] for each in found["findings"]] == [each.id for each in report(FACTS, 10).findings]
    assert found["findings"][0].keys() == {"id", "title", "level", "found", "fix", "link"}
    assert (found["seats"]["fits"], found["seats"]["wanted"], found["seats"]["limitedBy"]) == (
        61,
        10,
        "memory",
    )
    assert (found["healthy"], found["summary"]) == (True, "10 wanted, 61 seats fit; memory is what limits")


def test_no_engine_is_a_finding_too(podlab: Podlab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(name: str = "", host: str = "") -> None:
        raise Unavailable("no Docker Engine answers", hint="podlab engine start")

    monkeypatch.setattr("podlab.engines.connect.connect", refused)
    done = podlab("doctor", "-o", "json")
    assert done.code == 1
    assert done.json["findings"][0]["fix"] == "podlab engine start"
    assert done.json["seats"] is None


def test_an_engine_that_is_no_docker_engine_is_an_error(podlab: Podlab) -> None:
    done = podlab("doctor")
    assert (done.code, done.out) == (1, "")
    assert "Docker Engines" in done.err
