"""What a plan consists of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    CREATE_NETWORK = "create network"
    CONNECT = "connect"
    WRITE_SPEC = "write spec"
    CREATE_VOLUME = "create volume"
    OPEN_VOLUME = "open volume"
    FILL_VOLUME = "fill volume"
    MAKE_FOLDERS = "make folders"
    SEE_TO_PATH = "see to path"
    CREATE = "create"
    SET_ASIDE = "set aside"
    START = "start"
    RESTART = "restart"
    STOP = "stop"
    UPDATE = "update"
    BOUND = "bound"
    REMOVE = "remove"
    REMOVE_VOLUME = "remove volume"
    REMOVE_SPEC = "remove spec"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"


@dataclass(frozen=True, slots=True)
class Step:
    """One call to the engine. `target` is a container's name in the pod (`infra` for the infra), the
    engine's name of a volume or network, or the pod's of a hostPath. It waits for the steps in `after`."""

    verb: Verb
    target: str
    reason: str = ""
    after: tuple[Step, ...] = ()

    @property
    def concerns_container(self) -> bool:
        return self.verb in (
            Verb.CREATE, Verb.SET_ASIDE, Verb.START, Verb.RESTART, Verb.STOP, Verb.UPDATE, Verb.REMOVE,
        )  # fmt: skip


class Steps:
    """A plan that grows."""

    def __init__(self) -> None:
        self.all: list[Step] = []
        self.infra_created: Step | None = None

    def add(self, verb: Verb, target: str, reason: str = "", *, after: Collection[Step] = ()) -> Step:
        step = Step(verb, target, reason, tuple(after))
        self.all.append(step)
        return step
