"""The manifests are well formed, and the comparison tells what differs. Needs no engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conformance.case import ON_KUBERNETES, PENDING, PODLAB_ON_KUBERNETES, Case, load, load_all, pending
from tests.conformance.compare import differences
from tests.conformance.kubectl import read
from tests.conformance.page import PAGE, page

CASES = load_all()


def test_there_are_many_and_each_has_its_own_name() -> None:
    names = [case.name for case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("of", [PENDING, ON_KUBERNETES, PODLAB_ON_KUBERNETES], ids=lambda path: path.name)
def test_pending_names_are_names_of_manifests_with_reasons(of: Path) -> None:
    assert pending(of).keys() <= {case.name for case in CASES}
    assert all(pending(of).values())


def test_the_page_is_written_from_what_is_there() -> None:
    assert PAGE.read_text() == page(), "run scripts/conformance-page"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_names_of_objects_begin_with_the_files_and_the_image_is_busybox(case: Case) -> None:
    for document in filter(None, YAML(typ="safe", pure=True).load_all(case.text)):
        for item in document.get("items", [document]):
            assert item["metadata"]["name"].startswith(case.name)
        assert set(_images(document)) <= {"busybox:stable", f"{case.name}.invalid/missing:1"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_something_is_expected_of_a_pod_that_the_manifest_has(case: Case) -> None:
    for step in case.steps:
        assert step.keys() - {"do", "pod", "within"}
        assert step.get("pod", case.name).startswith(case.name)


def test_a_misspelt_expectation_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Pod\nmetadata: {name: a}\n--- # expected\nphaze: Running\n")
    with pytest.raises(ValueError, match="phaze"):
        load(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("expected", "seen", "told"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": "x\n"}, {"a": "x"}, []),
        ({"a": {"b": 1}}, {"a": {}}, ["a.b: expected 1, there is nothing"]),
        ({"a": {"b": 1}}, {}, ["a: expected {'b': 1}, there is nothing"]),
        ({"a": {"matches": "^b"}}, {"a": "a\nb"}, []),
        ({"a": {"matches": "c", "lacks": "b"}}, {"a": "b"}, ["a: expected /c/ in 'b'", "a: expected no /b/ in 'b'"]),
        ({"a": {"at_least": 2}}, {"a": 1}, ["a: expected at least 2, there is 1"]),
        ({"a": {"at_most": 2}}, {"a": 3}, ["a: expected at most 2, there is 3"]),
    ],
)  # fmt: skip
def test_differences_are_told(expected: Any, seen: Any, told: list[str]) -> None:
    assert list(differences(expected, seen)) == told


def test_a_status_of_kubernetes_is_read() -> None:
    seen = read(
        {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [
                {
                    "name": "app",
                    "ready": False,
                    "restartCount": 2,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s"}},
                    "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
                }
            ],
        }
    )
    assert seen.conditions == {"Ready": False}
    assert seen.containers["app"] == {
        "state": "waiting", "ready": False, "restarts": 2, "reason": "CrashLoopBackOff", "message": "back-off 20s",
        "exit": None, "last": {"exit": 1, "reason": "Error", "message": ""},
    }  # fmt: skip


def _images(value: Any) -> list[str]:
    if isinstance(value, list):
        return [image for each in value for image in _images(each)]
    if not isinstance(value, dict):
        return []
    here = [value[key] for key in ("image", "reference") if isinstance(value.get(key), str)]
    return here + [image for each in value.values() for image in _images(each)]
