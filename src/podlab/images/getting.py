"""Get images that are missing, or that must be asked for anew."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from podlab.errors import NotFound, PodlabError, Unavailable, Unsupported
from podlab.images import mirror, recipes
from podlab.images.build import Builder
from podlab.images.prepare import Prepared, Progress, is_outdated
from podlab.images.reference import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from podlab.images.logins import Login
    from podlab.images.needs import Policy
    from podlab.images.prepare import Source
    from podlab.images.store import Image, ImageStore, PullProgress

_BUILDS_AT_ONCE: Final = 2


async def get_all(getting: Getting, wanted: Mapping[str, Policy]) -> list[Prepared]:
    """All at the same time, the mirror last, as it is made of others; the result is in the order of `wanted`."""
    first = {reference: policy for reference, policy in wanted.items() if not mirror.is_mirror(reference)}
    last = [reference for reference in wanted if reference not in first]
    async with getting.builder:
        results = await _all([getting.one(reference, policy) for reference, policy in first.items()])
        results += await _all([getting.mirror(reference) for reference in last])
    done = dict(zip((*first, *last), results, strict=True))
    errors = [result for result in results if isinstance(result, PodlabError)]
    if errors:
        raise errors[0] if len(errors) == 1 else _together(errors)
    return [result for reference in wanted if isinstance(result := done[reference], Prepared)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Getting:
    """One `prepare`: where from, what the mirror is to hold beside its own, and whom to tell."""

    store: ImageStore
    source: Source
    mirrored: tuple[str, ...]
    logins: Mapping[str, Sequence[Login]]
    reach_s: float
    builder: Builder
    on_progress: Callable[[Progress], None]
    on_done: Callable[[Prepared], None]
    on_warning: Callable[[str], None]
    building: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_BUILDS_AT_ONCE))

    @property
    def seed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parse(name).familiar for name in (*mirror.SEED, *self.mirrored)))

    async def one(self, reference: str, policy: Policy) -> Prepared:
        started = time.monotonic()
        how, image = await self._get(reference, policy)
        done = Prepared(
            reference=reference,
            how=how,
            size_bytes=image.size_bytes,
            seconds=time.monotonic() - started,
            built_from=image.built_from,
        )
        self.on_done(done)
        return done

    async def mirror(self, reference: str) -> Prepared:
        """After all others: it is made from images on the engine."""
        started = time.monotonic()
        image = await mirror.current(self.store, self.seed)
        how: Literal["present", "built"] = "present" if image else "built"
        if image is None:
            for source in (mirror.BASE, *self.seed):
                await self._get(source, "IfNotPresent")
            self.on_progress(Progress(reference=reference, status="putting images into it"))
            image = await mirror.make(self.store, self.seed)
        done = Prepared(
            reference=reference,
            how=how,
            size_bytes=image.size_bytes,
            seconds=time.monotonic() - started,
            built_from=f"{mirror.BASE} and {', '.join(self.seed)}",
        )
        self.on_done(done)
        return done

    async def _get(
        self, reference: str, policy: Policy
    ) -> tuple[Literal["present", "pulled", "built"], Image]:
        present = await self._present(reference)
        if policy == "Never" and present is None:
            raise NotFound(
                f"image {reference!r} is not on the engine, and its imagePullPolicy is Never",
                subject=reference,
                hint="load it (`podlab images load FILE`), or set imagePullPolicy: IfNotPresent",
            )
        if present is not None and (
            policy == "Never" or (policy == "IfNotPresent" and self._counts(present, reference))
        ):
            if policy == "Never" or not is_outdated(reference, present):
                return "present", present
            return await self._renew(reference, present)
        if self.source == "debian" or recipes.is_own(reference):
            await self._build(reference, None)
            return "built", await self.store.image(reference)
        try:
            await self._pull(reference)
        except Unavailable as error:
            if self.source == "auto" and present is not None and present.built_from:
                self.on_warning(
                    f"image {reference!r} should always be pulled, but its registry cannot be reached; "
                    f"the one that podlab built from {present.built_from} is used"
                )
                return "present", present
            if self.source == "hub" or present is not None:
                raise _unreachable(reference, error) from error
            await self._build(reference, error)
            return "built", await self.store.image(reference)
        return "pulled", await self.store.image(reference)

    async def _renew(self, reference: str, outdated: Image) -> tuple[Literal["present", "built"], Image]:
        """One of podlab's own whose recipe has changed. Where it cannot be built, what is there has to do."""
        try:
            await self._build(reference, None)
        except PodlabError as error:
            self.on_warning(
                f"image {reference!r} is an older podlab's, and cannot be made anew: {error.message}"
            )
            return "present", outdated
        return "built", await self.store.image(reference)

    async def _present(self, reference: str) -> Image | None:
        try:
            return await self.store.image(reference)
        except NotFound:
            return None

    def _counts(self, image: Image, reference: str) -> bool:
        if self.source == "auto" or recipes.find(reference) is None or recipes.is_own(reference):
            return True
        return bool(image.built_from) == (self.source == "debian")

    async def _pull(self, reference: str) -> None:
        self.on_progress(Progress(reference=reference, status="asking the registry"))
        can_build = self.source == "auto" and recipes.find(reference) is not None
        try:
            async with asyncio.timeout(self.reach_s if can_build else None) as limit:
                async with aclosing(self.store.pull(reference, self.logins.get(reference, ()))) as steps:
                    async for step in steps:
                        limit.reschedule(None)
                        self.on_progress(_pulling(reference, step))
        except TimeoutError as error:
            raise Unavailable(f"no answer within {self.reach_s:g} s", subject=reference) from error

    async def _build(self, reference: str, why: Unavailable | None) -> None:
        recipe = recipes.find(reference)
        if recipe is None:
            if why is not None:
                raise _unreachable(reference, why) from why
            raise Unsupported(
                f"podlab has no recipe to build image {reference!r} from Debian packages",
                subject=reference,
                hint=f"it can build {', '.join(r.reference for r in recipes.known())}",
            )
        self.on_progress(Progress(reference=reference, status="waiting to be built"))
        try:
            async with self.building:
                rootfs = await self.builder.build(
                    recipe, lambda line: self.on_progress(Progress(reference=reference, status=line))
                )
                self.on_progress(
                    Progress(reference=reference, status="importing", total_bytes=rootfs.size_bytes)
                )
                await self.store.import_rootfs(rootfs.read(), reference, rootfs.changes)
        except PodlabError as error:
            tried = f"its registry cannot be reached ({_why(why)}), and " if why else ""
            raise type(error)(
                f"cannot get image {reference!r}: {tried}building it failed: {error.message}",
                subject=reference,
                hint=error.hint,
            ) from error


def _pulling(reference: str, step: PullProgress) -> Progress:
    return Progress(
        reference=reference, status="pulling", done_bytes=step.done_bytes, total_bytes=step.total_bytes
    )


async def _all(work: Iterable[Coroutine[None, None, Prepared]]) -> list[Prepared | PodlabError]:
    """Every result or error, in order. Cancelled, all are."""

    async def caught(one: Coroutine[None, None, Prepared]) -> Prepared | PodlabError:
        try:
            return await one
        except PodlabError as error:
            return error

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(caught(one)) for one in work]
    return [task.result() for task in running]


def _why(error: Unavailable) -> str:
    """The message without its beginning, which names the image once more."""
    return error.message.removeprefix(f"cannot pull image {error.subject!r}: ")


def _unreachable(reference: str, why: Unavailable) -> Unavailable:
    recipe = recipes.find(reference)
    no_recipe = "" if recipe else ", and podlab has no recipe to build it"
    return Unavailable(
        f"cannot get image {reference!r}: its registry cannot be reached ({_why(why)}){no_recipe}",
        subject=reference,
        hint="`--from debian` builds it from Debian packages"
        if recipe
        else f"`docker save -o FILE {reference}` where there is a network, `podlab images load FILE` here",
    )


def _together(errors: list[PodlabError]) -> PodlabError:
    kinds = {type(error) for error in errors}
    kind = kinds.pop() if len(kinds) == 1 else PodlabError
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    lines = "\n".join(f"  {error.message}" for error in errors)
    return kind(f"{len(errors)} images cannot be had:\n{lines}", hint="\n  ".join(hints))
