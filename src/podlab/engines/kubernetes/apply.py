"""A pod made or changed as planned, and followed until its containers run as far as they can.

The name is the lock: it is made by a request that fails where one of that name is there. It is changed by one that
fails where somebody else changed it meanwhile (`resourceVersion`), so nobody's change is lost, and nobody else's object
is ever taken over, which server-side apply would do in silence where two make an object at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from podlab.engines.kubernetes import find, isolation, manifest, versions
from podlab.engines.kubernetes.client import MANAGER, STRATEGIC
from podlab.engines.kubernetes.delete import remove
from podlab.engines.kubernetes.find import Found
from podlab.engines.kubernetes.objects import missing
from podlab.engines.kubernetes.plan import Plan, plan
from podlab.engines.kubernetes.starting import is_started, is_unschedulable
from podlab.engines.kubernetes.watching import Watch
from podlab.errors import AlreadyExists, Overtaken, PodlabError, Unsupported
from podlab.model import Secret
from podlab.objects import key_of, references
from podlab.objects.kinds import HIDDEN, data_of

if TYPE_CHECKING:
    from podlab.engines.base import Change
    from podlab.engines.kubernetes.client import Client
    from podlab.model import Pod
    from podlab.objects import Object

STARTS_S: Final = 60
"""For so long its start is followed: a node that pulls an image for longer goes on without us."""
UNPLACED_S: Final = 5
"""The same for one that no node has room for: a claim may still get its volume, or another pod go."""
TRIES: Final = 10
"""Others change the same pod at the same time, each look begins anew; so many in a row are no accident."""
STRICT: Final = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
"""A field that the server does not know is refused, by servers that can (1.25). Older ones drop it: `versions`."""

T = TypeVar("T")


async def planned(client: Client, pod: Pod) -> list[Change]:
    found = await find.anybodys(client, pod.name)
    made = plan(pod, found)
    if made.way != "none":
        await versions.refuse(client, pod)
    return list(made.changes)


async def apply(
    client: Client,
    pod: Pod,
    *,
    hold: Collection[str],
    based_on: Pod | None,
    keep_on_error: bool,
    on_change: Callable[[Change], None],
) -> None:
    for attempt in range(TRIES):
        found = await find.anybodys(client, pod.name)
        if based_on is not None and (found is None or manifest.wanted(found) != based_on):
            raise Overtaken(f"pod '{pod.name}' was changed by somebody else", subject=pod.name)
        made = plan(pod, found)
        if made.way == "none":
            return
        await versions.refuse(client, pod)
        if made.way != "patch":
            _refuse_to_hold(pod, hold)
            await missing(client, pod)
        if pod.is_isolated:
            await isolation.ensure(client)
        try:
            await _carry_out(client, pod, made, found, keep_on_error=keep_on_error, on_change=on_change)
        except (AlreadyExists, Overtaken):
            if attempt == TRIES - 1:
                raise
            continue
        return


def _refuse_to_hold(pod: Pod, hold: Collection[str]) -> None:
    if hold:
        raise Unsupported(
            f"pod '{pod.name}': Kubernetes starts all containers of a pod by itself, and holds none back",
            subject=pod.name,
            hint="leave out what is not to run yet",
        )


async def _carry_out(
    client: Client,
    pod: Pod,
    made: Plan,
    found: Found | None,
    *,
    keep_on_error: bool,
    on_change: Callable[[Change], None],
) -> None:
    if made.way == "replace" and found is not None:
        await remove(client, found)
    sent = None
    try:
        sent, was_cut_off = await _to_its_end(_send(client, pod, made, found))
        if was_cut_off:
            raise asyncio.CancelledError
        if made.way != "patch" and made.body is not None:
            versions.refuse_dropped(made.body, sent, f"pod '{pod.name}'")
        for change in made.changes:
            on_change(change)
        await _follow(client, sent)
    except (PodlabError, asyncio.CancelledError):
        if sent is not None and not keep_on_error:
            await _to_its_end(_undo(client, made, found, sent))
        raise


async def _send(client: Client, pod: Pod, made: Plan, found: Found | None) -> Found:
    if made.way == "patch" and found is not None and made.body is not None:
        metadata = {**made.body["metadata"], "resourceVersion": find.version(found)}
        body = {**made.body, "metadata": metadata}
        sent: Found = await client.json(
            "PATCH", client.pod(pod.name), query=STRICT, body=body, content_type=STRATEGIC
        )
        return sent
    created: Found = await client.json("POST", client.of("pods"), query=STRICT, body=made.body)
    return created


async def _undo(client: Client, made: Plan, found: Found | None, sent: Found) -> None:
    """A new pod goes, a changed one gets its former images again."""
    with suppress(PodlabError):
        if made.way != "patch" or found is None:
            await remove(client, sent, grace_s=0)
            return
        former = manifest.wanted(found)
        now = await find.anybodys(client, former.name)
        back = plan(former, now)
        if back.way == "patch":
            await _send(client, former, back, now)


async def _follow(client: Client, sent: Found) -> None:
    """Until its containers have begun. Raises why one cannot."""
    if is_started(sent):
        return
    name = sent["metadata"]["name"]
    watch = Watch(client, client.of("pods"), fields=f"metadata.name={name}")
    watch.begin_with(sent)
    loop = asyncio.get_running_loop()
    last = loop.time() + STARTS_S
    with suppress(TimeoutError):
        async with asyncio.timeout_at(last) as limit:
            async for seen in watch.changes():
                now = seen.after
                if now is None or find.uid(now) != find.uid(sent):
                    raise Overtaken(f"pod '{name}' was removed while it was being made", subject=name)
                if is_started(now):
                    return
                limit.reschedule(min(last, loop.time() + UNPLACED_S) if is_unschedulable(now) else last)


async def _to_its_end(work: Awaitable[T]) -> tuple[T, bool]:
    """What it returns, and whether we were cancelled meanwhile: nobody could tell what became of a request cut off."""
    task = asyncio.ensure_future(work)
    was_cut_off = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            was_cut_off = True
    return task.result(), was_cut_off


async def preview(client: Client, pod: Pod, objects: Collection[Object]) -> str:
    """YAML for `kubectl apply -f -`."""
    from podlab.manifest.emit import text

    found = await find.anybodys(client, pod.name)
    made = plan(pod, found)
    if made.way == "none":
        return ""
    await versions.refuse(client, pod)
    if made.way != "patch":
        await missing(client, pod, objects)
    documents: list[dict[str, Any]] = [isolation.policy()] if pod.is_isolated else []
    documents.append(manifest.manifest(pod))
    return _secrets(pod, objects) + "---\n".join(map(text, documents))


def _secrets(pod: Pod, put: Collection[Object]) -> str:
    """What it takes of those that are to be put first, as comments."""
    needed = {(each.kind, each.name) for each in references(pod)}
    mine = [each for each in put if isinstance(each, Secret) and key_of(each) in needed]
    return "".join(
        f"# it takes Secret '{each.metadata.name}': {', '.join(f'{key}={HIDDEN}' for key in data_of(each))}\n"
        for each in mine
    )
