"""Deployments and other workloads in commands that are also about pods."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from podlab.errors import NotFound, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podlab.engines.base import Change, Engine, Put
    from podlab.model import Pod
    from podlab.model.workloads import Workload
    from podlab.pods.ready import OnProgress
    from podlab.status import PodStatus

DID = {"created": "created", "configured": "changed", "unchanged": "unchanged"}


def changed(workload: Workload, *, isolated: bool, share: str | None, **refused: object) -> Workload:
    """With what the command line says of its pods. `Usage` names an option that is for pods alone."""
    from podlab.model import ISOLATED
    from podlab.workloads.template import reference, template_of, with_template

    for option, value in refused.items():
        if value is not None:
            raise Usage(
                f"--{option} is for pods, and {reference(workload)} is none",
                hint="write it in the file, or `podlab scale`",
            )
    template = template_of(workload)
    metadata, spec = template.metadata, template.spec
    if isolated:
        metadata = dataclasses.replace(metadata, annotations={**metadata.annotations, ISOLATED: "true"})
    if share == "pid":
        spec = dataclasses.replace(spec, share_process_namespace=True)
    return with_template(workload, dataclasses.replace(template, metadata=metadata, spec=spec))


def first_pods(workloads: Iterable[Workload]) -> list[Pod]:
    """One of each, for its images."""
    from podlab.workloads.decide import sample

    return [sample(each) for each in workloads]


def all_pods(workloads: Iterable[Workload]) -> list[Pod]:
    """What new ones would begin with."""
    from podlab.workloads.decide import samples

    return [pod for each in workloads for pod in samples(each)]


async def up(
    engine: Engine,
    workloads: Sequence[Workload],
    *,
    wait: bool,
    timeout_s: float | None,
    replace: bool,
    on_progress: OnProgress,
) -> list[tuple[Workload, Put, bool]]:
    """Bring them up one after another. Of each, what became of it, and whether any of its pods changed."""
    from podlab.workloads.change import apply, delete
    from podlab.workloads.template import kind_of

    done = []
    for each in workloads:
        changes: list[Change] = []
        if replace:
            await delete(engine, kind_of(each), each.metadata.name)
        put = await apply(
            engine, each, wait=wait, timeout_s=timeout_s, on_change=changes.append, on_progress=on_progress
        )
        done.append((each, put, bool(changes)))
    return done


def line(workload: Workload, put: Put, has_changes: bool, pods: Sequence[PodStatus], *, waited: bool) -> str:
    """`deployment/web created: 3 pods ready`."""
    from podlab.model.workloads import CronJob, Job
    from podlab.workloads.owned import is_owned
    from podlab.workloads.template import reference

    did = "changed" if put == "unchanged" and has_changes else DID[put]
    head = f"{reference(workload)} {did}"
    if isinstance(workload, CronJob):
        return f"{head}: an agent runs it at {workload.spec.schedule}"
    if isinstance(workload, Job):
        return f"{head}{', complete' if waited else ''}"
    count = sum(is_owned(each, workload) for each in pods)
    return f"{head}: {count} pod{'s' * (count != 1)}{' ready' if waited else ''}"


def is_of(status: PodStatus, workloads: Iterable[Workload]) -> bool:
    """Whether the pod belongs to one of these."""
    from podlab.workloads.owned import is_owned

    return any(is_owned(status, each) for each in workloads)


async def down(engine: Engine, workloads: Iterable[tuple[str, str]], grace_s: int | None) -> list[str]:
    """Remove these, by kind and name, with their pods; lines that tell what went."""
    from podlab.workloads.change import delete
    from podlab.workloads.kept import find

    lines = []
    for kind, name in workloads:
        was_there = await find(engine, kind, name) is not None
        pods = await delete(engine, kind, name, grace_s=grace_s)
        if was_there or pods:
            lines += [f"{kind.lower()}/{name} removed", *(f"pod/{pod} removed" for pod in pods)]
    return lines


async def require(engine: Engine, keys: Iterable[tuple[str, str]]) -> None:
    """`NotFound` for the first of these, by kind and name, that is not there."""
    from podlab.workloads.kept import find

    for kind, name in keys:
        if await find(engine, kind, name) is None:
            raise NotFound(
                f"there is no {kind.lower()} '{name}'",
                subject=name,
                hint="`podlab ps -a` lists pods and their owners",
            )


async def there(engine: Engine) -> list[tuple[str, str]]:
    """All workloads on the engine by kind and name, CronJobs first."""
    from podlab.workloads.kept import everything
    from podlab.workloads.template import kind_of

    found = [(kind_of(each), each.metadata.name) for each in await everything(engine)]
    return sorted(found, key=lambda key: (key[0] != "CronJob", key))


def named(word: str) -> tuple[str, str] | None:
    """`deployment/web` as kind and name; None for what is no such word."""
    from podlab.workloads.kept import KINDS

    kind, slash, name = word.partition("/")
    kinds: dict[str, str] = {each.lower(): each for each in KINDS}
    return (kinds[kind.lower()], name) if slash and name and kind.lower() in kinds else None


def owner(status: PodStatus) -> str:
    """`Deployment/web`, or `-`."""
    from podlab import naming

    labels: Any = status.labels
    if naming.OWNER_KIND not in labels:
        return "-"
    return f"{labels[naming.OWNER_KIND]}/{labels.get(naming.OWNER_NAME, '')}".lower()
