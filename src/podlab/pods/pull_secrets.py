"""The logins that pods bring for their images (`imagePullSecrets`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from podlab.errors import NotFound
from podlab.images.logins import Login, fitting, logins
from podlab.images.needs import needed
from podlab.images.reference import parse
from podlab.model import Secret
from podlab.objects import key_of

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.model import Pod
    from podlab.objects import Object

Logins = Mapping[str, tuple[Login, ...]]
"""Image → what to try before this user's own login."""


async def of_pods(
    engine: Engine,
    pods: Iterable[Pod],
    *,
    objects: Iterable[Object] = (),
    on_warning: Callable[[str], None] = lambda message: None,
) -> Logins:
    """From `objects`, else from the engine. A Secret that is not there is a warning, as the image may need none.
    https://kubernetes.io/docs/concepts/containers/images/#specifying-imagepullsecrets-on-a-pod

    `Invalid` where a Secret is there and holds no login."""
    given = {key_of(each): each for each in objects}
    found: dict[str, tuple[Login, ...]] = {}
    for pod in pods:
        known: list[Login] = []
        for each in pod.spec.image_pull_secrets:
            secret = given.get(("Secret", each.name)) or await _kept(engine, each.name)
            if isinstance(secret, Secret):
                known += logins(secret)
            else:
                on_warning(
                    f"pod '{pod.name}' names imagePullSecret '{each.name}', and there is no such Secret"
                )
        for image in needed([pod]) if known else ():
            found[image] = (*found.get(image, ()), *fitting(known, parse(image)))
    return found


async def _kept(engine: Engine, name: str) -> Object | None:
    try:
        return await engine.object("Secret", name)
    except NotFound:
        return None
