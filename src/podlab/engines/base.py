"""The promise that every engine keeps. `podlab.testing.contract` holds each of them to it.

Errors are those of `podlab.errors`: `NotFound` for a pod or container that is not there,
`Unavailable` when the engine does not answer, `Denied` when it refuses, `Unsupported` when it cannot.
Every method may be cancelled; what it leaves then is said where it matters.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, Self

if TYPE_CHECKING:
    from podlab.model import Pod
    from podlab.objects import Object
    from podlab.record import Record
    from podlab.status import PodStatus


NEW_NAMESPACES = "the pod's namespaces are new"
"""`reason` of a `Change` that starts an init container again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step that `apply` took or would take: `verb` `create`, `container` `app`, `reason` `image changed`.

    `container` is empty for what belongs to the pod as a whole.
    """

    verb: str
    pod: str
    container: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodEvent:
    """Something happened to a pod. `action` is a verb such as `start`, `die`, `oom`, `destroy`."""

    at: datetime
    pod: str
    container: str
    action: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line without its end, as the container wrote it. `stream` is 1 (out) or 2 (err)."""

    at: datetime | None
    stream: Literal[1, 2]
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecOptions:
    """How to run a command in a container. `size` is (columns, rows) of the terminal, for `tty` only.
    `detach_keys` ends the local side and leaves the command running; empty: never. With `detach` nobody
    reads the command's output nor writes its input; where it cannot be started, that is an error."""

    tty: bool = False
    stdin: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = ""
    user: str = ""
    privileged: bool = False
    size: tuple[int, int] | None = None
    detach_keys: str = ""
    detach: bool = False


class ByteStream(Protocol):
    """A connection with two halves that end one by one. Leaving the `async with` closes both."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...

    async def read(self) -> bytes:
        """The next bytes, `b""` at the end. Nothing is read ahead without bound."""
        ...

    async def write(self, data: bytes) -> None:
        """Returns when the other side can take more: awaiting it is the back-pressure."""
        ...

    async def write_eof(self) -> None:
        """End our half; theirs stays open."""
        ...


class Process(Protocol):
    """A command in a container, or a container's own process when attached."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None:
        """Lets go of the stream. The command itself goes on if it has not ended."""
        ...

    @property
    def is_detached(self) -> bool:
        """Whether the detach keys were pressed: the output has ended, the command goes on, `wait` gives 0."""
        ...

    async def read(self) -> tuple[Literal[1, 2], bytes] | None:
        """The next bytes and their stream, 1 (out, and all of a terminal) or 2 (err); None at the end."""
        ...

    async def pour(self, take: Callable[[bytes], None]) -> None:
        """Give all output to `take` as soon as it comes, instead of `read`, and return at its end. Whatever `take`
        raises ends it, too."""
        ...

    def hold(self) -> None:
        """Leave further output with the engine until `read` is called again or `resume`, instead of reading a little
        ahead: then one read gets what came meanwhile. It changes nothing else."""
        ...

    def resume(self) -> None:
        """`pour` goes on. Twice, or without `hold`, is not an error."""
        ...

    def put(self, data: bytes) -> bool:
        """`write` without waiting. False where it would have to: then nothing was written."""
        ...

    async def write(self, data: bytes) -> None:
        """Returns when the command can take more. What it no longer reads is dropped; `wait` tells why."""
        ...

    async def write_eof(self) -> None: ...

    async def signal(self, name: str) -> None:
        """Send a signal such as `INT`: to a command with all of its process group, or to the container when
        attached. One that has ended is not an error. `Unsupported` where the engine cannot."""
        ...

    async def hang_up(self) -> None:
        """End a command and all that was started from its terminal, as a terminal that is closed does and then for
        certain: HUP, and KILL to what is left after a second. A daemon with a session of its own goes on. One that
        has ended is not an error; `Conflict` where something is still there."""
        ...

    async def resize(self, columns: int, rows: int) -> None:
        """`Invalid` for sizes outside 1…9999."""
        ...

    async def wait(self) -> int:
        """The exit code, once the output has been read to its end."""
        ...


Put = Literal["created", "configured", "unchanged"]
"""What became of an object, in kubectl's words."""


class Sharing(StrEnum):
    """How a container stands to a namespace."""

    POD = "pod"
    OWN = "own"
    HOST = "host"
    STALE = "stale"  # joined one that no longer exists


NAMESPACES = ("net", "ipc", "uts", "pid", "mnt", "user", "cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceRow:
    """Of one container: namespace → how it is shared, and → its inode where this machine may read it."""

    container: str
    sharing: Mapping[str, Sharing]
    inodes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a container uses now. `cpu_ns` only grows: the difference of two readings is the use."""

    container: str
    at: datetime
    cpu_ns: int
    memory_bytes: int
    memory_limit_bytes: int
    pids: int
    read_bytes: int
    written_bytes: int
    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    name: str
    size_bytes: int
    mode: int
    modified_at: datetime
    link_target: str = ""
    is_dir: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How far an engine's own controllers have come with a workload. `message` says what is awaited, or why it has
    failed."""

    is_done: bool
    is_failed: bool = False
    message: str = ""


class Engine(Protocol):
    """Where pods run. Names are pods' names; containers are named as in the pod."""

    name: str
    """`docker`, `kubernetes`, `fake`."""

    has_node: bool
    """Whether a node of the engine's own looks after pods: it probes, runs hooks, restarts, starts init containers in
    their turn, and its controllers run workloads. Then nobody else does so (`pods.keep`, `agent`, `workloads`), pods
    are followed by `watch`, and nothing can be held back or taken over."""

    # --- wanted state: the one way that pods change

    async def plan(self, pod: Pod) -> list[Change]:
        """What `apply` would do now; empty when nothing differs. Nothing is changed.

        `Conflict` where the pod would have to be replaced as a whole (its ports or host name changed), `Invalid` where
        it contradicts itself (isolated, and in the machine's network).
        """
        ...

    async def apply(
        self,
        pod: Pod,
        *,
        hold: Collection[str] = (),
        based_on: Pod | None = None,
        keep_on_error: bool = False,
        on_change: Callable[[Change], None] = lambda change: None,
    ) -> None:
        """Make the pod as wanted: create, start, repair or remove containers, and only those that differ.

        `based_on` is the wanted state that this one was made from: `Overtaken`, and nothing changed, where it
        is not the pod's any more. Containers in `hold` are created but not started, and so are those whose turn has
        not come: init containers run one after another, then all others (`node.order`). It waits for none of them:
        when one is done, the next `apply` starts what comes after it. What a container may use of processors and memory
        changes while it runs, unless its `resizePolicy` says otherwise or a bound goes altogether. Images must be there
        (`images.prepare`), and so must the objects that the pod refers to and does not call optional (`put`), where a
        container is made or started: `NotFound` names one that is not, before anything is changed. Two calls at once
        end in one pod. On failure and on
        cancellation everything goes back to how it was found, unless `keep_on_error`.

        Of a pod whose restarts are clean (`model.CLEAN_RESTARTS`) the engine restarts nothing by itself, and what is
        to be started again is made anew; the container before is kept for `logs(…, previous=True)`.
        """
        ...

    async def preview(self, pod: Pod, *, objects: Collection[Object] = ()) -> str:
        """A text that a person can run to do the same as `apply` without podlab: shell commands or YAML.
        Empty when nothing differs. `objects` are taken as if they had been put. Values of Secrets show as `***`."""
        ...

    async def delete(self, name: str, *, grace_s: int | None = None) -> None:
        """Stop all containers at once (`grace_s`, else the pod's own grace period), then remove the pod
        with its volumes. A pod that is gone is not an error; half a pod is removed whole. Until all is gone,
        whoever keeps the pod leaves it alone: `apply` with `based_on` is `Overtaken`, one without wants it again."""
        ...

    async def prune(self, *, dry_run: bool = False) -> list[Change]:
        """Remove what nobody uses any more: pods that have ended (phase `Succeeded` or `Failed`), volumes of
        pods that are gone, and podlab's networks without a pod. What a pod uses that still has something to
        run is never touched, nor is anything that podlab did not make.

        Returns what was removed, or with `dry_run` what would be: `verb` is `remove`, `reason` says why. For
        what is no pod, `pod` is the pod that it belonged to, or empty, and `container` is empty.
        """
        ...

    # --- objects beside pods: ConfigMaps, Secrets and claims, and workloads; names are theirs, kinds as in a manifest

    async def put(self, made: Object) -> Put:
        """Keep it under its kind and name, in place of one that was there. Files that running pods have from it are
        the new ones when this returns; environments stay as they are until their containers are made anew.

        `Conflict` where the one that is there is immutable, or where a claim would change in more than its size. A
        Secret's values are never readable by whoever looks at the engine without podlab's key.
        """
        ...

    async def object(self, kind: str, name: str) -> Object:
        """`NotFound` where there is none. A Secret's values are all in its `data`."""
        ...

    async def objects(self, *kinds: str) -> Sequence[Object]:
        """All by kind and name, or those of these kinds."""
        ...

    async def remove(self, kind: str, name: str) -> None:
        """One that is gone is not an error. A claim goes with its data: `Conflict` while a pod has it."""
        ...

    async def rollout(self, kind: str, name: str) -> Rollout:
        """Of a workload that was put, where the engine has a node: `NotFound` where there is none, `Unsupported` for an
        engine that leaves workloads to podlab."""
        ...

    # --- found state

    async def spec(self, name: str) -> Pod:
        """The wanted state that was last applied."""
        ...

    async def get(self, name: str) -> PodStatus:
        """One pod, exactly: exit codes, times, restarts, staleness."""
        ...

    async def list(self) -> list[PodStatus]:
        """All pods by name, cheaply: exit codes and times may be missing."""
        ...

    async def record(self, name: str) -> Record | None:
        """What the node knows of the pod beyond what is seen: restarts, back-off, what happened. None where nobody
        has written anything."""
        ...

    async def write_record(self, name: str, record: Record, *, based_on: int) -> None:
        """Keep this instead of the record of generation `based_on` (0: there was none), and for as long as the pod
        lives. `Overtaken`, and nothing changed, where that is not the present one any more."""
        ...

    async def restarts(self, name: str, container: str, *, by: Literal["agent", "engine"]) -> None:
        """Who starts the container again when it has ended: the engine, as the pod's restartPolicy says, or an agent,
        and then the engine does not."""
        ...

    async def expired(self) -> Sequence[str]:
        """Names of the pods whose lifetime is over, cheaply."""
        ...

    def watch(
        self, name: str = "", *, since: datetime | None = None, follow: bool = True
    ) -> AsyncIterator[PodEvent]:
        """Events of one pod or of all, from `since` or now on. Starts watching when first awaited."""
        ...

    # --- a pod's containers; without a container, all members and what they need

    async def start(self, name: str, container: str | None = None) -> None:
        """Start what is not running. The whole pod: shared namespaces first, and then those whose turn it is."""
        ...

    async def stop(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        """Stop and do not start again by itself. The pod stays and can be started."""
        ...

    async def restart(self, name: str, container: str | None = None, *, grace_s: int | None = None) -> None:
        """Stop, then start, also what did not run. The pod keeps its namespaces and published ports."""
        ...

    async def kill(self, name: str, container: str | None = None, *, signal: str = "KILL") -> None:
        """Send a signal to a container's first process, and of a whole pod to those that run; what comes of it is the
        restart policy's. `Conflict` where the one container does not run, `Invalid` where there is no such signal."""
        ...

    async def pause(self, name: str, container: str | None = None) -> None:
        """Freeze the processes. `Unsupported` where the engine cannot."""
        ...

    async def unpause(self, name: str, container: str | None = None) -> None:
        """Let go on what is frozen."""
        ...

    async def wait(self, name: str, container: str) -> int:
        """The exit code, as soon as the container has ended."""
        ...

    async def renew(self, name: str, container: str, *, grace_s: int | None = None) -> None:
        """Stop one container and make it anew from the same wanted state, with the image that its reference means
        now. What it wrote outside of volumes is gone; the others go on. Cut off half-way, the next `apply` goes on."""
        ...

    # --- streams

    async def exec(
        self, name: str, container: str, command: Sequence[str], options: ExecOptions = ExecOptions()
    ) -> Process:
        """Start a command. A command that cannot be started gives exit code 126 or 127 and says so on
        its output. `Conflict` where the container does not run."""
        ...

    async def attach(
        self, name: str, container: str, *, stdin: bool = False, detach_keys: str = ""
    ) -> Process:
        """The container's own process. Attach before `start` to miss nothing."""
        ...

    def debug(
        self, name: str, image: str, command: Sequence[str] = (), *, target: str = "",
        options: ExecOptions = ExecOptions(),
    ) -> AbstractAsyncContextManager[Process]:  # fmt: skip
        """A container of another image in the pod's namespaces, and in the process namespace of container `target`,
        while the block lasts: its process is given, and it is removed when the block is left. It is no part of the
        wanted or the found state. Without `command` it runs what the image says. `Conflict` where the pod or the
        target does not run, `NotFound` for an image or a program that is not there."""
        ...

    def logs(
        self, name: str, container: str, *, follow: bool = False, tail: int | None = None,
        since: datetime | None = None, previous: bool = False,
    ) -> AsyncIterator[LogLine]:  # fmt: skip
        """What the container has written, also before a restart: the last `tail` lines of those not older than `since`,
        both streams in their order, long lines whole up to a mebibyte. With `follow` until the container ends.

        With `previous` what it wrote before its last start instead, as far as the engine knows that apart: `NotFound`
        where it was never started again."""
        ...

    async def dial(self, name: str, port: int, *, patience_s: float = 0) -> ByteStream:
        """A TCP connection to a port in the pod, also one that listens on loopback only and is not published.

        `Unavailable` where nobody listens, and nobody begins to within `patience_s`.
        """
        ...

    def read_archive(self, name: str, container: str, path: str) -> AsyncIterator[bytes]:
        """A tar of the file or folder."""
        ...

    async def write_archive(self, name: str, container: str, path: str, tar: AsyncIterable[bytes]) -> None:
        """Unpack a tar into an existing folder."""
        ...

    async def stat(self, name: str, container: str, path: str) -> FileStat:
        """Of a link, the link itself. The container need not run."""
        ...

    # --- looking inside

    async def namespaces(self, name: str) -> Sequence[NamespaceRow]:
        """A row for each container and for what holds the pod's namespaces, each with all of `NAMESPACES`."""
        ...

    async def processes(self, name: str, container: str) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Titles and rows, as `ps` on the engine's machine prints them. `Conflict` where the container does not run."""
        ...

    def usage(self, name: str, container: str, *, follow: bool = True) -> AsyncIterator[Usage]:
        """A reading about every second; one reading without `follow`."""
        ...

    async def isolated_gateway(self) -> str:
        """An IPv4 address of the engine's machine that every isolated pod reaches: what a pod publishes with it as
        `hostIP`, isolated pods share, though none of them reaches another. `Unsupported` where there is none."""
        ...

    async def product(self) -> str:
        """What it calls itself: `Docker Engine`, `Podman Engine` (behind Docker's API), `Kubernetes`."""
        ...

    async def version(self) -> str:
        """The engine's own version, such as `26.1.5`."""
        ...

    async def close(self) -> None: ...
