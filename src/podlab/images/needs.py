"""Which images pods need, and how each is to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from podlab.naming import infra_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from podlab.model import Pod

Policy = Literal["Always", "IfNotPresent", "Never"]


def needed(pods: Iterable[Pod]) -> dict[str, Policy]:
    """Reference → policy, the infra image first. Of two containers that disagree on one image, `Always` wins
    over `IfNotPresent`, and that over `Never`.

    An image without a policy is pulled only where it is missing, also one tagged `latest`: unlike
    Kubernetes, podlab must start the same pods again on a machine that has lost its network.
    """
    wanted: dict[str, Policy] = {infra_image(): "IfNotPresent"}
    order: tuple[Policy, ...] = ("Never", "IfNotPresent", "Always")
    for pod in pods:
        for container in pod.members:
            policy = container.image_pull_policy or "IfNotPresent"
            before = wanted.get(container.image, policy)
            wanted[container.image] = max(before, policy, key=order.index)
        for image in filter(None, (volume.image for volume in pod.spec.volumes)):
            policy = image.pull_policy or "IfNotPresent"
            wanted[image.reference] = max(wanted.get(image.reference, policy), policy, key=order.index)
    return wanted


def builtin(*, on_demand: bool = True) -> dict[str, Policy]:
    """What podlab itself uses or can build: the infra image, that of every recipe, and the mirror. Without
    `on_demand` not those that one command gets by itself."""
    from podlab.images import mirror
    from podlab.images.recipes import known
    from podlab.images.reference import parse

    names = (
        *(each.reference for each in known() if on_demand or not each.is_on_demand),
        infra_image(),
        mirror.REFERENCE,
    )
    references = {parse(name).full: name for name in names}
    return dict.fromkeys(sorted(references.values()), "IfNotPresent")
