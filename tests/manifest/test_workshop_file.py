from __future__ import annotations

from podlab import wire
from podlab.manifest.workshop import Seats, Terminal, Workshop
from podlab.model import DEFAULT_CONTAINER
from tests.manifest.manifest_texts import WORKSHOP, read, refused


def test_a_workshop_is_typed_and_gives_one_seats_pod() -> None:
    loaded = read(WORKSHOP)
    (workshop,) = loaded.workshops
    assert workshop.spec.seats == Seats(count=30, warm=3, claim="code")
    assert workshop.spec.terminals == (Terminal(name="shell", container="work"),)
    assert workshop.lifetime_s == 3600
    (pod,) = loaded.pods
    assert pod == workshop.pod()
    assert pod.name == "docker-pods"
    assert pod.metadata.labels == {"workshop": "docker-pods"}
    assert pod.spec.active_deadline_seconds == 3600
    assert workshop.pod("seat-7").name == "seat-7"


def test_the_templates_own_deadline_wins() -> None:
    text = WORKSHOP.replace("    spec:\n", "    spec:\n      activeDeadlineSeconds: 60\n")
    assert read(text).pods[0].spec.active_deadline_seconds == 60


def test_a_workshop_without_a_lifetime_has_pods_without_end() -> None:
    text = WORKSHOP.replace("  lifetime: 1h\n", "")
    assert read(text).workshops[0].lifetime_s is None
    assert read(text).pods[0].spec.active_deadline_seconds is None


def test_the_wire_form_reads_back_equal() -> None:
    (workshop,) = read(WORKSHOP).workshops
    assert wire.decode(Workshop, wire.encode(workshop)) == workshop


def test_the_template_is_checked_like_any_pod() -> None:
    text = WORKSHOP.replace("name: work, image: alpine", "name: work, image: Alpine")
    assert refused(text)[0].startswith("16:29: spec.pod.spec.containers[0].image: ")


def test_a_name_in_the_template_is_refused() -> None:
    (line,) = refused(
        WORKSHOP.replace("{labels: {workshop: docker-pods}}", "{name: x, creationTimestamp: null}")
    )
    assert line.startswith("13:16: spec.pod.metadata.name: what the template makes is named")


def test_lifetimes_have_bounds() -> None:
    for wrong in ("0s", "100000d", "soon", "9" * 30 + "h"):
        assert refused(WORKSHOP.replace("lifetime: 1h", f"lifetime: {wrong}"))[0].startswith(
            "7:13: spec.lifetime"
        )


def test_the_first_terminal_names_the_default_container() -> None:
    annotations = read(WORKSHOP).pods[0].metadata.annotations
    assert annotations[DEFAULT_CONTAINER] == "work"
