"""docs/conformance.md: every manifest, and how Docker and Kubernetes keep to it. Pure but for reading the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.conformance.case import MANIFESTS, ON_KUBERNETES, Case, load_all, pending
from tests.conformance.kubectl import TESTED

PAGE: Final = Path(__file__).parents[2] / "docs" / "conformance.md"
_AS_EXPECTED: Final = "as expected"
_HEAD: Final = """\
# Conformance: the same file on Docker and on Kubernetes

<!-- Written by scripts/conformance-page. -->

{count} manifests, one for each thing that Kubernetes promises of a Pod, each with what is to be seen when the promise
is kept: phase, conditions, containers' states, files, output. The tests bring every one of them up twice: with podlab
and its agent on a Docker Engine, and with plain kubectl on a real Kubernetes {version}, where nothing of podlab takes
part. So the expectations are held against the original, and podlab against the expectations.

On Docker {docker} behave as expected; on Kubernetes {version} {kubernetes} of the {tried} that it is old enough for.
What a later Kubernetes has brought, with the version that has it without a feature gate, cannot be asked of {version}.

The manifests are in `tests/conformance/manifests`; `python -m tests.conformance` runs them on any cluster.
"""


def page() -> str:
    """The whole page."""
    cases = load_all()
    on_docker, on_kubernetes = pending(), pending(ON_KUBERNETES)
    tried = [case for case in cases if case.since <= TESTED]
    version = f"{TESTED[0]}.{TESTED[1]}.2"
    head = _HEAD.format(
        count=len(cases),
        docker=len(cases) - len(on_docker),
        kubernetes=len(tried) - len(on_kubernetes),
        tried=len(tried),
        version=version,
    )
    parts = [head, "\n## What differs\n\n", f"| manifest | Docker | Kubernetes {version} |\n|---|---|---|\n"]
    for case in cases:
        cells = _on_docker(case, on_docker), _on_kubernetes(case, on_kubernetes)
        if cells != (_AS_EXPECTED, _AS_EXPECTED):
            parts.append(f"| `{case.name}` | {cells[0]} | {cells[1]} |\n")
    for area in sorted({case.area for case in cases}):
        parts.append(
            f"\n## {area}\n\n| manifest | promise | Docker | Kubernetes {version} |\n|---|---|---|---|\n"
        )
        for case in cases:
            if case.area == area:
                docker = "✓" if case.name not in on_docker else "differs"
                kubernetes = _short(case, on_kubernetes)
                parts.append(f"| `{case.name}` | {_promise(case)} | {docker} | {kubernetes} |\n")
    return "".join(parts)


def _short(case: Case, differing: dict[str, str]) -> str:
    if case.since > TESTED:
        return f"from {_version(case)} on"
    return "differs" if case.name in differing else "✓"


def _on_docker(case: Case, differing: dict[str, str]) -> str:
    return differing.get(case.name, _AS_EXPECTED)


def _on_kubernetes(case: Case, differing: dict[str, str]) -> str:
    if case.since > TESTED:
        return f"has it from {_version(case)} on"
    return differing.get(case.name, _AS_EXPECTED)


def _version(case: Case) -> str:
    return f"{case.since[0]}.{case.since[1]}"


def _promise(case: Case) -> str:
    """The file's first words, up to the first link."""
    lines = (MANIFESTS / case.area / f"{case.name}.yaml").read_text().splitlines()
    words = []
    for line in lines:
        if not line.startswith("# ") or line.startswith("# http"):
            break
        words.append(line.removeprefix("# "))
    return " ".join(words).replace("|", "\\|").replace("<", "&lt;")
