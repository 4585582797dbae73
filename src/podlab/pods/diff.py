"""What changes between two wanted states, as people read it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from podlab.errors import Conflict, Denied, NotFound
from podlab.manifest.emit import text
from podlab.model import Secret
from podlab.objects import key_of
from podlab.objects.kinds import HIDDEN, hidden, settled
from podlab.wire import encode

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import Pod
    from podlab.objects import Object


def difference(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Lines of a unified diff of the YAML, of `name` such as `pod/web`; empty where nothing differs."""
    old = [] if before is None else text(before).splitlines()
    new = text(after).splitlines()
    there = "nothing" if before is None else f"{name} as it is"
    return list(difflib.unified_diff(old, new, there, f"{name} as wanted", lineterm=""))


async def of_pod(engine: Engine, pod: Pod) -> list[str]:
    """Between the pod's wanted state on the engine and this one."""
    before: dict[str, Any] | None = None
    with suppress(NotFound, Conflict):  # Conflict: it was lost with the infra container
        before = _as_file("Pod", await engine.spec(pod.name))
    return difference(f"pod/{pod.name}", before, _as_file("Pod", pod))


async def of_object(
    engine: Engine, wanted: Object, *, as_written: Callable[[Object], Object] = lambda found: found
) -> list[str]:
    """The same of a ConfigMap, Secret, claim or workload. A Secret's values are not shown, only which of them change.
    `as_written` takes away what podlab itself has noted on the one that is there."""
    kind, name = key_of(wanted)
    wanted = settled(wanted)
    after = _as_file(kind, hidden(wanted))
    before: dict[str, Any] | None = None
    with suppress(NotFound, Denied):  # Denied: a Secret that somebody else has sealed
        found = as_written(await engine.object(kind, name))
        before = _as_file(kind, hidden(found))
        if isinstance(found, Secret) and isinstance(wanted, Secret):
            # Two hidden values look alike, so the new one says that it is another.
            both = found.data.keys() & wanted.data.keys()
            others = [key for key in both if found.data[key] != wanted.data[key]]
            after["stringData"] |= dict.fromkeys(others, f"{HIDDEN} (changed)")
    return difference(f"{kind.lower()}/{name}", before, after)


def _as_file(kind: str, wanted: Any) -> dict[str, Any]:
    return {"kind": kind, **encode(wanted)}
