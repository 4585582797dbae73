"""ConfigMaps, Secrets and claims of the files that are brought up or taken down."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from podlab.errors import Denied, NotFound
from podlab.objects import Surroundings, key_of, references
from podlab.objects.environment import skipped
from podlab.objects.kinds import hidden, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from podlab.engines.base import Engine
    from podlab.model import Pod
    from podlab.objects import Object

CLAIM = "PersistentVolumeClaim"


async def put(engine: Engine, objects: Iterable[Object]) -> list[str]:
    """A line for each: `configmap/web created`."""
    return [f"{shown(*key_of(each))} {await engine.put(each)}" for each in objects]


async def preview(engine: Engine, objects: Iterable[Object]) -> list[str]:
    """What would be put and is not there yet, as comments before the commands; `***` for every value of a Secret."""
    from podlab.manifest.emit import text
    from podlab.manifest.kinds import READ
    from podlab.model import Secret
    from podlab.wire import encode

    written = []
    for each in objects:
        kind, name = key_of(each)
        with suppress(NotFound, Denied):  # Denied: a Secret that somebody else has sealed
            if encode(await engine.object(kind, name)) == encode(settled(each)):
                continue
        data = text({"apiVersion": READ[kind][0], "kind": kind, **encode(hidden(each))})
        if engine.has_node and not isinstance(each, Secret):  # what a person can apply
            written.append(data)
            continue
        lines = [f"# {shown(kind, name)} would be put:", *(f"#   {line}" for line in data.splitlines())]
        written.append("\n".join(lines))
    return written


async def left_out(engine: Engine, pods: Sequence[Pod]) -> list[str]:
    """A warning for each key of an object that cannot become a variable, as Kubernetes tells by an event."""
    warnings = []
    for pod in pods:
        members = [each for each in pod.members if each.env_from]
        around = Surroundings(objects=await _found(engine, pod) if members else {}, is_strict=False)
        warnings += [f"pod '{pod.name}': {line}" for each in members for line in skipped(each, around)]
    return warnings


async def _found(engine: Engine, pod: Pod) -> dict[tuple[str, str], Object]:
    found = {}
    for key in {(each.kind, each.name) for each in references(pod)}:
        with suppress(NotFound):
            found[key] = await engine.object(*key)
    return found


def named(word: str) -> tuple[str, str] | None:
    """`configmap/web` as kind and name; None for what is no such word."""
    kind, slash, name = word.partition("/")
    found = {
        "configmap": "ConfigMap",
        "cm": "ConfigMap",
        "secret": "Secret",
        "pvc": CLAIM,
        CLAIM.lower(): CLAIM,
    }
    return (found[kind.lower()], name) if slash and name and kind.lower() in found else None


async def require(engine: Engine, keys: Iterable[tuple[str, str]]) -> None:
    """`NotFound` for the first that is not there."""
    wanted = list(keys)
    there = {key_of(each) for each in await engine.objects()} if wanted else set()
    for kind, name in wanted:
        if (kind, name) not in there:
            text = f"there is no {kind} '{name}'"
            raise NotFound(text, subject=name, hint="`podlab objects` lists those that there are")


async def remove(
    engine: Engine, keys: Iterable[tuple[str, str]], *, with_claims: bool
) -> tuple[list[str], list[str]]:
    """A line for each that was removed, and the claims that were kept with their data."""
    wanted = set(keys)
    there = {key_of(each) for each in await engine.objects()} if wanted else set()
    kept = {key for key in wanted & there if key[0] == CLAIM and not with_claims}
    gone = sorted((wanted & there) - kept)
    for key in gone:
        await engine.remove(*key)
    return [f"{shown(*key)} removed" for key in gone], [shown(*key) for key in sorted(kept)]


def shown(kind: str, name: str) -> str:
    return f"{kind.lower()}/{name}"
