"""What podlab notes on a workload beside what people wrote: an annotation of the object that the engine keeps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from podlab.model import Metadata
from podlab.model.workloads import PodTemplate, Workload
from podlab.wire import Wire, decode, encode

STATE: Final = "podlab.io/state"
"""Annotation of a kept workload."""

W = TypeVar("W", bound=Workload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision(Wire):
    """A template as it was at some time. `hash` is the label of the pods that were made of it."""

    hash: str
    template: PodTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Wire):
    """Times are seconds since the epoch.

    `revisions`: templates, the newest last. Of a Job: when its first pods were made, the names of the pods that have
    ended well and badly (they may be gone by now), when it was over, and why. Of a CronJob: the last time of its
    schedule for which a Job was made; before the first, when it was put.
    """

    revisions: tuple[Revision, ...] = ()
    started_at: float | None = None
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    lost: tuple[int, ...] = ()
    doomed: str = ""
    last_failed_at: float | None = None
    finished_at: float | None = None
    condition: str = ""
    reason: str = ""
    message: str = ""
    last_scheduled_at: float | None = None


def state_of(workload: Workload) -> State:
    """Of a kept object; of one that comes from a file nothing is known."""
    text = workload.metadata.annotations.get(STATE)
    return decode(State, json.loads(text)) if text else State()


def with_state(workload: W, state: State) -> W:
    """The object as the engine is to keep it."""
    text = json.dumps(encode(state), separators=(",", ":"))
    return _annotated(workload, {**workload.metadata.annotations, STATE: text})


def as_written(workload: W) -> W:
    """Without what podlab noted."""
    return _annotated(workload, {k: v for k, v in workload.metadata.annotations.items() if k != STATE})


def _annotated(workload: W, annotations: Mapping[str, str]) -> W:
    metadata: Metadata = dataclasses.replace(workload.metadata, annotations=annotations)
    changed: Any = dataclasses.replace(workload, metadata=metadata)
    return changed  # type: ignore[no-any-return]
