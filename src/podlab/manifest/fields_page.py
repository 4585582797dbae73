"""`docs/kubernetes-fields.md`: every field of the API and what podlab does with it (`scripts/kubernetes-fields`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from podlab import model
from podlab.manifest.coverage import Row, Standing, is_honoured, rows
from podlab.manifest.kinds import READ
from podlab.model import workloads

_PODMAN_SAYS: Final[Mapping[str, type]] = {
    "Pod": model.PodSpec,
    "Container": model.Container,
    "PersistentVolumeClaim": model.ClaimSpec,
    "ConfigMap": model.ConfigMap,
    "Deployment": workloads.DeploymentSpec,
    "DaemonSet": workloads.DaemonSetSpec,
    "Job": workloads.JobSpec,
}
"""Where the paths of podman's table begin; its section on containers is of the kind Pod."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What others publish: the API's fields, and those that `podman kube play` tells of itself."""

    kubernetes: Mapping[str, Any]
    podman: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Lists:
        """From `docs/data`."""
        return cls(
            json.loads((folder / "kubernetes-types.json").read_text()),
            json.loads((folder / "podman-kube-play.json").read_text()),
        )


def compared(lists: Lists) -> list[str]:
    """The kinds of Kubernetes that podlab reads."""
    return [kind for kind in lists.kubernetes["roots"] if kind in READ]


def all_rows(lists: Lists, *, everywhere: bool = False) -> list[Row]:
    """The fields of all kinds, each type once."""
    found: dict[tuple[str, str], Row] = {}
    for kind in compared(lists):
        cls = READ[kind][1]
        for row in rows(kind, cls, lists.kubernetes["types"], everywhere=everywhere):
            found.setdefault((row.type, row.field), row)
    return list(found.values())


def podman_rows(lists: Lists) -> dict[tuple[str, str], bool]:
    """The rows of podman's own table, and whether podlab honours each."""
    read = (*compared(lists), "Container")
    return {
        (kind, path): kind in read and is_honoured(_api_path(kind, path), _PODMAN_SAYS[kind])
        for kind, paths in lists.podman["supported_by_podman"].items()
        for path in paths
    }


def _api_path(kind: str, path: str) -> str:
    """Podman's table calls a DaemonSet's `updateStrategy` as a Deployment's."""
    return path.replace("strategy", "updateStrategy") if kind == "DaemonSet" else path


def page(lists: Lists) -> str:
    """The page, Markdown."""
    return "\n".join([*_head(lists), *_tables(lists)]) + "\n"


def _head(lists: Lists) -> Iterator[str]:
    found = Counter(row.standing for row in all_rows(lists))
    theirs = [said for paths in lists.podman["supported_by_podman"].values() for said in paths.values()]
    ours = podman_rows(lists)
    kinds, api, podman = ", ".join(compared(lists)), lists.kubernetes, lists.podman
    yield f"""# Kubernetes' fields, one by one

Every field of {kinds} and of all types below them, as the API of Kubernetes {api["version"]} has them
([source]({api["source"]})). This page is made from the code by `scripts/kubernetes-fields`, and a test fails
where a field is neither honoured nor refused by name.

| what happens | fields |
|---|---|
| honoured on a Docker Engine, or ask for nothing | {found[Standing.HONOURED]} |
| on a cluster only: an error here | {found[Standing.ON_KUBERNETES]} |
| refused: an error with its reason | {found[Standing.REFUSED]} |

Nothing is left out of account in silence. `--allow-ignored FIELD` turns an error into a printed warning
([manifest.md](manifest.md#fields-that-are-not-honoured)). What is below a refused field is refused with it.

Of the {len(ours)} fields in [podman kube play's own table]({podman["source"]}) (read {podman["read"]}), podlab honours
**{sum(ours.values())}**, podman {sum(theirs)}."""


def _tables(lists: Lists) -> Iterator[str]:
    title = ""
    for row in all_rows(lists):
        if row.type != title:
            title = row.type
            yield from ("", f"## {title}", "", "| field | | why |", "|---|---|---|")
        yield f"| `{row.field}` | {row.standing} | {_why(row)} |"


def _why(row: Row) -> str:
    why = row.reason.partition("; remove it")[0]
    values = " or ".join(f"`{json.dumps(value)}`" for value in row.taken)
    return f"{why}; {values} is taken" if values else why
