from __future__ import annotations

from dataclasses import replace

from podlab.lesson.scope import FIXED, Scope
from podlab.manifest.workshop import Preview
from podlab.workshop.values import values
from tests.workshop.conftest import workshop_of


def test_every_variable_that_a_lesson_may_name_has_a_value() -> None:
    made = workshop_of("lab")
    workshop = replace(made, spec=replace(made.spec, previews=(Preview(name="app", port=8080),)))
    found = values(workshop, "lab-07", {"app": "https://app.example/"})
    assert found == {
        "seat.name": "lab-07", "workshop.name": "lab", "workshop.title": "lab",
        "port.app": "8080", "preview.app": "https://app.example/",
    }  # fmt: skip
    assert set(FIXED) <= set(found)
    assert not [name for name in found if Scope.of(workshop).variable_fault(name)]


def test_a_preview_without_address_has_no_value_but_its_port() -> None:
    made = workshop_of("lab")
    workshop = replace(
        made, spec=replace(made.spec, title="The lab", previews=(Preview(name="app", port=80),))
    )
    found = values(workshop, "lab-07", {})
    assert "preview.app" not in found
    assert (found["port.app"], found["workshop.title"]) == ("80", "The lab")
