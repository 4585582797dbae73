"""Wait until something is true of a pod, in the words of `kubectl wait`.

https://kubernetes.io/docs/reference/kubectl/generated/kubectl_wait/
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from podlab.errors import NotFound, TimedOut, Usage
from podlab.pods import jsonpath
from podlab.pods.kubernetes_status import as_kubernetes

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.status import PodStatus

FIRST_PAUSE_S, LAST_PAUSE_S, PAUSE_GROWS = 0.1, 1.0, 1.3
CONDITIONS = ("Initialized", "Ready", "ContainersReady", "PodScheduled", "PodReadyToStartContainers")


@dataclass(frozen=True, slots=True)
class Wish:
    """`what` of a condition is its type, of a JSONPath the path; `value` is what it is to be, or empty for any."""

    kind: Literal["ready", "exit", "delete", "create", "condition", "jsonpath"]
    what: str = ""
    value: str = ""


def wish(text: str) -> Wish:
    """`ready`, `exit`, `delete`, `create`, `condition=Ready[=false]`, `jsonpath='{.status.phase}'[=Running]`. `Usage`
    for anything else."""
    kind, _, rest = text.partition("=")
    if kind in ("ready", "exit", "delete", "create") and not rest:
        return Wish(kind)  # type: ignore[arg-type]
    if kind == "condition" and rest:
        name, _, value = rest.partition("=")
        known = next((each for each in CONDITIONS if each.lower() == name.lower()), None)
        if known is None:
            raise Usage(f"no condition {name!r}", hint=f"pods have {', '.join(CONDITIONS)}")
        return Wish("condition", known, (value or "true").lower())
    if kind == "jsonpath" and rest:
        path, brace, value = rest.strip("'").partition("}")
        path = (path + brace).strip("'")
        jsonpath.values(path, {})  # refuses what is none
        return Wish("jsonpath", path, value.removeprefix("'").removeprefix("=").strip("'"))
    raise Usage(
        f"cannot wait for {text!r}",
        hint="ready, exit, delete, create, condition=Ready, or jsonpath='{.status.phase}'=Running",
    )


async def wait_until(engine: Engine, name: str, wanted: Wish, *, timeout_s: float | None) -> PodStatus | None:
    """The pod as it is then; None where it is gone. `TimedOut` says how it stood at last. `NotFound` where there is no
    pod, unless that, or that it comes, is waited for."""
    last = ""

    async def is_so() -> tuple[bool, PodStatus | None]:
        nonlocal last
        try:
            status = await engine.get(name)
        except NotFound:
            if wanted.kind not in ("delete", "create"):
                raise
            last = "it is not there"
            return wanted.kind == "delete", None
        done, last = await _judge(engine, wanted, status)
        return done, status

    try:
        async with asyncio.timeout(timeout_s):
            return await _poll(is_so)
    except TimeoutError:
        raise TimedOut(
            f"pod '{name}': waited {timeout_s:g} s, and {last or 'it does not answer'}",
            subject=name,
            hint=f"`podlab describe {name}` tells more",
        ) from None


async def _judge(engine: Engine, wanted: Wish, status: PodStatus) -> tuple[bool, str]:
    if wanted.kind in ("delete", "create"):
        return wanted.kind == "create", "it is still there"
    if wanted.kind == "condition":
        found = next((c for c in status.conditions if c.type == wanted.what), None)
        now = found.status if found else "Unknown"
        why = f" ({found.reason})" if found and found.reason else ""
        return now.lower() == wanted.value, f"its condition {wanted.what} is {now}{why}"
    told = as_kubernetes(await engine.spec(status.name), status)
    found_values = [jsonpath.text(each) for each in jsonpath.values(wanted.what, told)]
    is_so = wanted.value in found_values if wanted.value else bool(found_values)
    return is_so, f"{wanted.what} is {', '.join(found_values) or 'not there'}"


async def _poll(is_so: Callable[[], object]) -> PodStatus | None:
    pause_s = FIRST_PAUSE_S
    while True:
        done, status = await is_so()  # type: ignore[misc]
        if done:
            return status  # type: ignore[no-any-return]
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * PAUSE_GROWS, LAST_PAUSE_S)
