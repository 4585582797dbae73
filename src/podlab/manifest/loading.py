"""Files to pods: everything they hold, or everything that is wrong with them."""

from __future__ import annotations

import pathlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from podlab import naming
from podlab.manifest.kinds import Found, Object, read_document
from podlab.manifest.report import Report, raise_problems
from podlab.manifest.sources import Source, sources
from podlab.manifest.workshop import Workshop
from podlab.model import Pod
from podlab.model.workloads import Workload
from podlab.objects import Object as Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """`pods` in the order of the files, a workshop's pod among them. `objects` are what pods refer to. `warnings`
    are lines `file:line:col: path: message`, one for each field that was ignored because the caller allowed it."""

    pods: tuple[Pod, ...]
    objects: tuple[Kept, ...] = ()
    workloads: tuple[Workload, ...] = ()
    workshops: tuple[Workshop, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def mirrored(self) -> list[str]:
        """The images that the workshops' mirrors are to hold."""
        images = [w.spec.images for w in self.workshops if w.spec.images]
        return [name for each in images if each.mirror != "none" for name in each.preload]


def load(
    paths: Sequence[str | pathlib.Path], *, allow_ignored: Collection[str] = (), for_cluster: bool = False
) -> Loaded:
    """Read files, folders and `-` (standard input).

    `allow_ignored` names fields that podlab may leave out of account, as `volumeDevices` or as the end of
    a path, `containers.volumeDevices`. With `for_cluster` fields of pods are taken that only a cluster honours, such as
    `nodeSelector`. `Invalid` has every problem of every file in `problems`;
    `NotFound` and `Denied` tell the first file that cannot be read.
    """
    files = [source for path in paths for source in sources(path)]
    return load_sources(files, allow_ignored=allow_ignored, for_cluster=for_cluster)


def load_sources(
    files: Iterable[Source], *, allow_ignored: Collection[str] = (), for_cluster: bool = False
) -> Loaded:
    """The same for texts that are in memory already."""
    from podlab.manifest.yaml import (
        parse,  # with it ruamel.yaml, which the other users of this package can spare
    )

    found: list[tuple[Report, Found]] = []
    reports: list[Report] = []
    for source in files:
        report = Report(source.name, allow_ignored, for_cluster)
        reports.append(report)
        documents = parse(source.data, report)
        if not documents and not report:
            report.problem(1, 1, (), "the file is empty; it needs a Pod or a Workshop")
        found += [(report, each) for node in documents for each in read_document(node, (), report)]
    pods = [(report, each, pod) for report, each in found if (pod := _pod(each.object)) is not None]
    workloads = [(report, each) for report, each in found if isinstance(each.object, Workload)]
    objects = [
        (report, each)
        for report, each in found
        if isinstance(each.object, Kept) and not isinstance(each.object, Workload)
    ]
    _report_same_names(pods)
    _report_same([*workloads, *objects])
    raise_problems(reports)
    return Loaded(
        pods=tuple(pod for _, _, pod in pods),
        objects=tuple(each.object for _, each in objects if isinstance(each.object, Kept)),
        workloads=tuple(each.object for _, each in workloads if isinstance(each.object, Workload)),
        workshops=tuple(each.object for _, each in found if isinstance(each.object, Workshop)),
        warnings=tuple(line for report in reports for line in report.warnings()),
    )


def _pod(made: Object) -> Pod | None:
    """A workshop stands for one seat's pod."""
    return made.pod() if isinstance(made, Workshop) else made if isinstance(made, Pod) else None


def _report_same(found: Sequence[tuple[Report, Found]]) -> None:
    seen: set[tuple[type, str]] = set()
    for report, each in found:
        key = (type(each.object), each.object.metadata.name)
        if key in seen:
            message = f"another {key[0].__name__} is named {key[1]!r} already"
            report.problem(each.line, each.column, each.path, message)
        seen.add(key)


def _report_same_names(pods: Sequence[tuple[Report, Found, Pod]]) -> None:
    """Pods of one name; and pods whose containers would have one name on the engine, as pod `a` with
    container `b-c` and pod `a-b` with container `c`."""
    owners: dict[str, Pod] = {}
    names: set[str] = set()
    for report, each, pod in pods:
        if pod.name in names:
            report.problem(each.line, each.column, each.path, f"another pod is named {pod.name!r} already")
            continue
        names.add(pod.name)
        for container in (naming.INFRA, *(c.name for c in pod.members)):
            name = naming.container(pod.name, container)
            if (other := owners.setdefault(name, pod)) is not pod:
                message = (
                    f"container {container!r} would be named {name}, as one of pod {other.name!r}; rename one"
                )
                report.problem(each.line, each.column, each.path, message)
