"""docs/conformance.md: every manifest, and how Docker and Kubernetes keep to it. Pure but for reading the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.conformance.case import MANIFESTS, ON_KUBERNETES, PODLAB_ON_KUBERNETES, Case, load_all, pending
from tests.conformance.kubectl import TESTED

PAGE: Final = Path(__file__).parents[2] / "docs" / "conformance.md"
_AS_EXPECTED: Final = "as expected"
_LATER: Final = "only from"
_HEAD: Final = """\
# Conformance: the same file on Docker and on Kubernetes

<!-- Written by scripts/conformance-page. -->

{count} manifests, one for each thing that Kubernetes promises of a Pod, each with what is to be seen when the
promise is kept: phase, conditions, containers' states, files, output. The tests bring every one of them up three
times: with podlab and its agent on a Docker Engine; with plain kubectl on a real Kubernetes {version}, where nothing
of podlab takes part; and with podlab on that Kubernetes. So the expectations are held against the original, and podlab
against the expectations.

On Docker {docker} behave as expected. Kubernetes {version} is old enough to lack what {young} of them ask for; the page
says which version has it without a feature gate. Of the other {tried}, {kubernetes} behave as expected with kubectl,
and {podlab} with podlab.

The manifests are in `tests/conformance/manifests`; `python -m tests.conformance` runs them on any cluster.
"""


def page() -> str:
    """The whole page."""
    cases = load_all()
    columns = (pending(), pending(ON_KUBERNETES), pending(ON_KUBERNETES, PODLAB_ON_KUBERNETES))
    tried = [case for case in cases if case.since <= TESTED]
    version = f"{TESTED[0]}.{TESTED[1]}.2"
    head = _HEAD.format(
        count=len(cases),
        young=len(cases) - len(tried),
        tried=len(tried),
        docker=len(cases) - len(columns[0]),
        kubernetes=len(tried) - len(columns[1]),
        podlab=len(tried) - len(columns[2]),
        version=version,
    )
    names = f"podlab on Docker | Kubernetes {version} | podlab on Kubernetes {version}"
    parts = [head, f"\n## What differs\n\n| manifest | {names} |\n|---|---|---|---|\n"]
    for case in cases:
        cells = _cells(case, columns)
        if set(cells) != {_AS_EXPECTED}:
            parts.append(f"| `{case.name}` | {' | '.join(cells)} |\n")
    for area in sorted({case.area for case in cases}):
        parts.append(f"\n## {area}\n\n| manifest | promise | {names} |\n|---|---|---|---|---|\n")
        for case in cases:
            if case.area == area:
                cells = [_short(each) for each in _cells(case, columns)]
                parts.append(f"| `{case.name}` | {_promise(case)} | {' | '.join(cells)} |\n")
    return "".join(parts)


def _short(cell: str) -> str:
    if cell == _AS_EXPECTED:
        return "✓"
    return "later" if cell.startswith(_LATER) else "differs"


def _cells(case: Case, columns: tuple[dict[str, str], ...]) -> list[str]:
    """On Docker, on Kubernetes, by podlab on Kubernetes."""
    docker, *kubernetes = columns
    if case.since > TESTED:
        return [docker.get(case.name, _AS_EXPECTED), *[f"{_LATER} {_version(case)}"] * 2]
    return [column.get(case.name, _AS_EXPECTED) for column in (docker, *kubernetes)]


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
