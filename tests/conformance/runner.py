"""Put a case on a target, wait for what is expected of it, and tell the differences."""

from __future__ import annotations

import asyncio
import dataclasses
import shlex
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from tests.conformance.case import Case, Expected
from tests.conformance.compare import differences
from tests.conformance.target import Refused, Target

WITHIN_S: Final = 20.0
"""How long an expectation may take that says nothing about it."""
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.2, 0.8
_UNREAD: Final = "\n--not-there--"


async def run(target: Target, case: Case, *, slower: float = 1.0) -> list[str]:
    """A line for each difference; none where the target behaves as expected. Nothing of the case is left.

    `slower` stretches how long anything may take, for busy machines."""
    try:
        found = await _behaves(target, case, slower)
    finally:
        left = await _removed(target, case)
    return [*found, *left]


async def _behaves(target: Target, case: Case, slower: float) -> list[str]:
    began = time.monotonic()
    try:
        await target.put(case.name, case.text)
        for number, step in enumerate(case.steps):
            if found := await _step(target, case, step, slower, began):
                return [f"step {number + 1}: {line}" if number else line for line in found]
            began = time.monotonic()
    except Refused as error:
        return [f"refused: {error}"]
    return []


async def _removed(target: Target, case: Case) -> list[str]:
    try:
        await target.remove(case.name, case.text)
    except Refused as error:
        return [str(error)]
    return []


async def _step(target: Target, case: Case, step: Expected, slower: float, began: float) -> list[str]:
    if "do" in step:
        await _do(target, case, step["do"])
    ends = time.monotonic() + step.get("within", WITHIN_S) * slower
    pause_s = _FIRST_PAUSE_S
    while found := [line async for line in _differences(target, case, step)]:
        if time.monotonic() > ends:
            return found
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LAST_PAUSE_S)
    took = time.monotonic() - began
    if took < step.get("after", 0):
        return [f"it was so after {took:.1f} s already, and not only after {step['after']} s"]
    if "stays" in step:
        await asyncio.sleep(step["stays"])
        return [f"it did not stay so: {line}" async for line in _differences(target, case, step)]
    return []


async def _do(target: Target, case: Case, action: dict[str, Any]) -> None:
    if "delete" in action:
        await target.delete(action["delete"])
    else:
        done = await target.run(action.get("pod", case.pods[0]), action["in"], action["run"])
        if done.code:
            raise Refused(f"{action['run']!r} failed with {done.code}: {done.text}")


async def _differences(target: Target, case: Case, step: Expected) -> AsyncIterator[str]:
    """The cheap questions first; what asks inside of the pod, only where the status is as expected."""
    for labels, phases in step.get("selected", {}).items():
        found = await target.selected(labels)
        counted = {phase: found.count(phase) for phase in {*found, *phases}}
        for line in differences(phases, counted, f"pods with {labels}"):
            yield line
    pod = step.get("pod") or next(iter(case.pods), "")
    if not pod:
        return
    seen = await target.seen(pod)
    if step.get("gone"):
        if seen is not None:
            yield f"pod {pod}: it is still there"
        return
    if seen is None:
        if asked := step.keys() - {"do", "pod", "within", "after", "stays", "selected"}:
            yield f"pod {pod}: it is not there ({', '.join(sorted(asked))} expected)"
        return
    status = {key: value for key, value in step.items() if key in _STATUS}
    found_lines = list(differences(status, dataclasses.asdict(seen)))
    for line in found_lines:
        yield line
    if found_lines:
        return
    try:
        async for line in _inside(target, pod, step):
            yield line
    except Refused as error:
        yield f"pod {pod}: {error}"


_STATUS: Final = ("phase", "reason", "message", "conditions", "containers")


async def _inside(target: Target, pod: str, step: Expected) -> AsyncIterator[str]:
    for place, expected in step.get("files", {}).items():
        container, _, path = place.partition(":")
        for line in differences(expected, await _file(target, pod, container, path), place):
            yield line
    for each in step.get("exec", ()):
        done = await target.run(pod, each["in"], each["run"])
        for line in differences(each.get("exit", 0), done.code, f"{each['run']!r} exit code"):
            yield f"{line} ({done.text.strip()[:200]})"
        if "prints" in each:
            for line in differences(each["prints"], done.text, f"{each['run']!r}"):
                yield line
    for container, expected in step.get("logs", {}).items():
        for line in differences(expected, await target.logs(pod, container), f"logs of {container}"):
            yield line


async def _file(target: Target, pod: str, container: str, path: str) -> dict[str, Any]:
    """Through links, as programs see it: `is` (a file's content), `mode` (`0644`), `owner` (`0:0`), `kind`."""
    quoted = shlex.quote(path)
    line = f"stat -L -c '%a %u:%g %F' {quoted} && if [ -f {quoted} ]; then cat {quoted}; fi"
    done = await target.run(pod, container, line)
    if done.code:
        return {"kind": "nothing", "is": done.text + _UNREAD}
    head, _, content = done.text.partition("\n")
    mode, owner, kind = head.split(" ", 2)
    kind = {"directory": "folder"}.get(kind, "file" if "file" in kind else kind)
    return {"mode": mode.rjust(4, "0"), "owner": owner, "kind": kind, "is": content}
