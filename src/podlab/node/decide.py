"""What is to be done about a pod now, and what is to be remembered. Pure: it is told all, the time included.

Whether a container may run at all is `order`'s; what the engine has to do to make the pod as wanted is its plan's.
Here is decided what only a node knows: what its probes and hooks have found, how a run ended, how long to back off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from podlab.model import Container, Pod
from podlab.node import backoff, order
from podlab.node.conditions import CRASH_LOOP
from podlab.record import ConditionRecord, ContainerRecord, EndRecord, EventRecord, Record
from podlab.status import ContainerStatus, Kind, PodStatus, State, Termination


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the probes and hooks of one run of a container have found so far.

    `condemned` is Kubernetes' reason why the run must end, such as `Unhealthy`; then `message` tells more, `why` is
    what follows a container's name in a sentence, and `grace_s` is how long it may take, where a probe says so.
    """

    run: str
    started: bool | None = None
    ready: bool | None = None
    condemned: str = ""
    message: str = ""
    why: str = ""
    grace_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`record` is to be written before anything is done, where it differs from the one that was given. `kill`:
    containers to stop → within how many seconds. `hold`: containers that must not be started before `wake_at`.
    `take_over`: those that the engine must no longer restart by itself."""

    record: Record
    kill: Mapping[str, int | None] = field(default_factory=dict)
    hold: frozenset[str] = frozenset()
    wake_at: float | None = None
    take_over: frozenset[str] = frozenset()


def decide(
    pod: Pod, status: PodStatus, record: Record, news: Mapping[str, News], *, now: float, restarts: bool,
    stopped: Collection[str] = (), excused: Collection[str] = (), unexplained: Collection[str] = (),
    ends: Mapping[str, Termination] = MappingProxyType({}),
) -> Decision:  # fmt: skip
    """`restarts`: whoever asks is an agent, which restarts what ends. `stopped` was stopped on purpose, and no end of
    it is to be undone; an end of what is `excused` is no fault of the container, and counts for no back-off.
    What is `unexplained` ended before anybody looked: it counts as stopped, unless an agent restarts it.
    `ends` are those that an engine has told of: what it restarts by itself shows no more how it ended."""
    looks = [
        _Look(
            pod, wanted, c, known, news.get(c.name), now, restarts,
            is_stopped=c.name in stopped or (c.name in unexplained and not known.by_agent),
            is_excused=c.name in excused,
            end=ends.get(c.name),
        )
        for c in status.containers
        if (wanted := pod.container(c.name)) and (known := record.of(c.name))
    ]  # fmt: skip
    for look in looks:
        look.judge()
    if not (record.generation or order.needs_node(pod) or news or any(look.is_special for look in looks)):
        return Decision(record=record)
    new = record
    for look in looks:
        new = new.with_container(look.known)
        for event in look.events:
            new = new.with_event(event)
    new = _with_conditions(_with_initialized(pod, status, new, now), status, now)
    waiting = [look for look in looks if look.waits]
    return Decision(
        record=new,
        kill={look.found.name: look.news.grace_s if look.news else None for look in looks if look.kills},
        hold=frozenset(look.found.name for look in waiting),
        wake_at=min((look.known.not_before or now for look in waiting), default=None),
        take_over=frozenset(look.found.name for look in looks if look.takes_over),
    )


@dataclass(slots=True)
class _Look:
    """At one container: `known` is what is to be remembered of it."""

    pod: Pod
    wanted: Container
    found: ContainerStatus
    known: ContainerRecord
    news: News | None
    now: float
    restarts: bool
    is_stopped: bool
    is_excused: bool
    end: Termination | None
    events: list[EventRecord] = field(default_factory=list)
    kills: bool = False
    takes_over: bool = False

    @property
    def is_special(self) -> bool:
        return self.known.not_before is not None or self.takes_over or self.kills or self.known.asked

    @property
    def waits(self) -> bool:
        until = self.known.not_before
        return self.restarts and until is not None and self.now < until

    def judge(self) -> None:
        found, known = self.found, self.known
        if found.state in (State.RUNNING, State.PAUSED):
            if found.run != known.run:
                self._began()
            self._hear()
            if self.restarts and self.wanted.readiness_probe is not None:
                self.known = replace(self.known, asked=True)
        elif (end := _end(found)) and _is_new(end, known):
            if found.run != known.run:  # it began and ended between two looks
                self._began()
            self._ended(end)

    def _began(self) -> None:
        found, known = self.found, self.known
        by_engine = max(found.restart_count - known.restarts, 0)
        is_again = known.run.startswith(f"{found.container_id} ")
        # an engine counts from 0 again when it is told to start a container
        more = known.engine_restarts + 1 if is_again and not by_engine else 0
        if self.pod.restarts_clean and known.run and not is_again:
            more = 1
        # and counts a restart from the end on that it comes after
        is_about_to = found.state is State.WAITING and known.not_before is None
        has_crashed = by_engine - is_about_to > (known.engine_restarts if is_again else 0)
        self.takes_over = self.restarts and has_crashed and not known.by_agent
        if has_crashed and self.end:
            self._remember(replace(self.end, message=self.end.message or found.words_before))
        self.known = replace(
            self.known,
            run=found.run,
            started=None if order.has_gate(self.wanted) else True,
            ready=None,
            restarts=known.restarts + more,
            engine_restarts=by_engine,
            not_before=None,
            killed="",
            ends=known.ends + self.takes_over,
            by_agent=known.by_agent or self.takes_over,
        )
        self._tell("Started", f"Started container {found.name}", at=_seconds(found.started_at))

    def _hear(self) -> None:
        news, known = self.news, self.known
        self.kills = known.killed == known.run  # whoever was to do it has not
        if news is None or news.run != known.run:
            return
        if news.ready is False and known.ready is not False:
            self._tell("Unhealthy", f"Readiness probe failed: {news.message}", is_warning=True)
        if news.condemned and known.killed != known.run:
            self._tell(news.condemned, news.message, is_warning=True)
            self._tell("Killing", f"Container {self.found.name} {news.why}, will be restarted")
            self.kills = True
        self.known = replace(
            known,
            started=known.started if news.started is None else news.started,
            ready=known.ready if news.ready is None else news.ready,
            killed=known.run if news.condemned else known.killed,
        )

    def _ended(self, end: Termination) -> None:
        found, known = self.found, self.known
        was_killed = bool(known.killed) and known.killed == found.run
        if self.news and self.news.run == found.run and self.news.condemned and not was_killed:
            self._tell(self.news.condemned, self.news.message, is_warning=True)
            was_killed = True
        began, ended = _seconds(end.started_at), _seconds(end.finished_at) or self.now
        self._remember(end)
        self.known = known = replace(
            self.known,
            run=found.run,
            started=False,
            ready=False,
            engine_restarts=max(found.restart_count - known.restarts, 0),
            not_before=None,
        )
        is_to_run = not order.has_ended(self.pod, found.name, end.exit_code)
        if not (self.restarts and is_to_run) or (self.is_stopped and not was_killed):
            return
        ends, pause_s = known.ends, 0.0
        if was_killed or not self.is_excused:  # whom a probe condemned is at fault, though it was killed
            ends = backoff.ends_in_a_row(known.ends, ended - began if began is not None else 0)
            pause_s = backoff.pause_s(ends)
        self.takes_over = not known.by_agent
        self.known = replace(known, ends=ends, not_before=self.now + pause_s, by_agent=True)
        if pause_s:
            message = f"Back-off restarting failed container {found.name} in pod {self.pod.name}"
            self._tell("BackOff", message, is_warning=True)

    def _remember(self, end: Termination) -> None:
        ended = _seconds(end.finished_at)
        self.known = replace(
            self.known,
            last=EndRecord(
                exit_code=end.exit_code, reason=end.reason, message=end.message,
                started_at=_seconds(end.started_at), finished_at=ended,
            ),
        )  # fmt: skip
        name, how = self.found.name, f"exit code {end.exit_code} ({end.reason})"
        self._tell("Exited", f"Container {name} ended with {how}", at=ended or self.now)

    def _tell(self, reason: str, message: str, *, at: float | None = None, is_warning: bool = False) -> None:
        self.events.append(
            EventRecord(
                at=self.now if at is None else at, reason=reason, container=self.found.name, message=message,
                is_warning=is_warning,
            )
        )  # fmt: skip


def _end(c: ContainerStatus) -> Termination | None:
    if c.state is State.TERMINATED:
        return Termination(
            exit_code=c.exit_code or 0, reason=c.reason, message=c.message, started_at=c.started_at,
            finished_at=c.finished_at,
        )  # fmt: skip
    return c.last if c.state is State.WAITING and c.reason == CRASH_LOOP else None


def _is_new(end: Termination, known: ContainerRecord) -> bool:
    at = _seconds(end.finished_at)
    if at is None:
        return False
    return known.last is None or known.last.finished_at is None or abs(known.last.finished_at - at) > 0.001


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _with_initialized(pod: Pod, status: PodStatus, record: Record, now: float) -> Record:
    """Only when the containers behind have been started, too: until then whoever comes next goes on."""
    if not pod.spec.init_containers or not status.sandbox:
        return record
    key = order.key(pod, status.sandbox)
    mains = [c for c in status.containers if c.kind is Kind.MAIN]
    have_begun = all(c.state is not State.WAITING or c.reason == CRASH_LOOP for c in mains)
    if record.initialized == key or not have_begun:
        return record
    if not order.is_through(pod, order.facts_of(pod, status, record)):
        return record
    event = EventRecord(at=now, reason="Initialized", message="All init containers are through")
    return replace(record, initialized=key).with_event(event)


def _with_conditions(record: Record, status: PodStatus, now: float) -> Record:
    before = {(c.type, c.status): c.since for c in record.conditions}
    found = tuple(
        ConditionRecord(type=c.type, status=c.status, since=before.get((c.type, c.status), now))
        for c in status.conditions
    )
    return replace(record, conditions=found) if found else record
