"""A container of the pod."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from podlab import model, naming
from podlab.engines.docker.translate.bridges import HOST
from podlab.engines.docker.translate.devices import devices, disk
from podlab.engines.docker.translate.labels import (
    Body,
    digest,
    labels,
    one_shim,
    runtime,
    wanted_state,
)
from podlab.engines.docker.translate.last_words import last_words_label, last_words_mount
from podlab.engines.docker.translate.mounts import mounts
from podlab.engines.docker.translate.security import (
    capabilities,
    effective,
    groups,
    said_of_members,
    security_options,
    user,
    users,
)
from podlab.engines.docker.translate.stops import stops
from podlab.engines.docker.translate.whole_pod import grouped, own_bounds
from podlab.model import Container, Pod
from podlab.node import order, resizing
from podlab.objects import Surroundings
from podlab.objects.environment import environment, expand
from podlab.objects.fields import needs_address
from podlab.status import Kind

NOTHING_AROUND: Final = Surroundings(is_strict=False)
"""What stands in other objects is left out."""


def member(pod: Pod, container: Container, around: Surroundings = NOTHING_AROUND) -> Body:
    security = effective(pod, container)
    added, dropped = capabilities(pod, security)
    env = environment(pod, container, around)
    joined = f"container:{naming.container(pod.name, naming.INFRA)}"
    shares_pid = bool(pod.spec.share_process_namespace)
    body: Body = {
        "Image": container.image,
        "Entrypoint": [expand(word, env) for word in container.command] or None,
        "Cmd": [expand(word, env) for word in container.args] or None,
        "Env": [f"{key}={value}" for key, value in env.items()],
        "WorkingDir": container.working_dir or "",
        "User": user(security),
        "Tty": bool(container.tty),
        "OpenStdin": bool(container.stdin),
        "StdinOnce": bool(container.stdin_once),
        "StopTimeout": pod.spec.grace_s,
        "Labels": labels(pod, container.name, "member", member_hash(pod, container))
        | {naming.SHAPE: member_shape(pod, container)}
        | stops(pod, container, pod.spec.grace_s)
        | last_words_label(container)
        | copy_of_wanted_state(pod, container),
        "HostConfig": {
            # PID 1 of a shared PID namespace is the infra's init; a second one would reap nothing.
            "Init": not shares_pid
            and not pod.spec.host_pid
            and pod.metadata.annotations.get(model.INIT) != "false",
            "NetworkMode": joined,
            "IpcMode": HOST if pod.spec.host_ipc else joined,
            "PidMode": HOST if pod.spec.host_pid else joined if shares_pid else "",
            "CgroupnsMode": "private",
            "RestartPolicy": restarts(pod, container.name),
            "Annotations": one_shim(pod),
            "Privileged": bool(security.privileged),
            "CapAdd": added,
            "CapDrop": dropped,
            "GroupAdd": groups(pod),
            "ReadonlyRootfs": bool(security.read_only_root_filesystem),
            "SecurityOpt": security_options(security),
            "Mounts": [
                *mounts(pod, container, env, around),
                *last_words_mount(pod, container, has_subpaths=around.has_subpaths),
            ],
            **own_bounds(pod, container),
            **grouped(pod),
            **users(pod),
            **devices(container),
            **disk(container),
            **of_seat(pod),
        },
    }
    if needs_address(container):
        body["Labels"][naming.ADDRESS] = ",".join(around.facts.pod_ips)
    if container.tty:
        # What a terminal that is closed sends: shells ignore SIGTERM and would cost the whole grace period.
        body["StopSignal"] = "SIGHUP"
    if container.lifecycle and container.lifecycle.stop_signal:
        body["StopSignal"] = container.lifecycle.stop_signal
    if security.proc_mount == "Unmasked":
        body["HostConfig"] |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return body


def copy_of_wanted_state(pod: Pod, container: Container) -> dict[str, str]:
    """On the first container: what should be there is known also where the infra container was removed before anybody
    had seen the pod. It counts only then, and is in no hash: it may be that of an earlier generation."""
    return wanted_state(pod) if container.name in [c.name for c in pod.spec.containers[:1]] else {}


def member_shape(pod: Pod, container: Container) -> str:
    """The same without what can change while the container runs."""
    return member_hash(pod, resizing.shape(container))


def member_hash(pod: Pod, container: Container) -> str:
    """Changes when this container would have to be made anew. Taken from what people wrote, not from the
    body: a newer podlab that writes another body finds its older pods unchanged."""
    mounted = {m.name for m in container.volume_mounts}
    return digest(
        container, [v for v in pod.spec.volumes if v.name in mounted], pod.spec.restart_policy, pod.spec.grace_s,
        bool(pod.spec.share_process_namespace), pod.metadata.annotations.get(model.INIT), *_bounds(pod),
        *_place(pod, container),
        *said_of_members(pod), *_of_the_machine(pod),
    )  # fmt: skip


def _bounds(pod: Pod) -> Iterable[str]:
    """Only where they were said, so that pods that say nothing of them keep their hash."""
    if limit := pod.metadata.annotations.get(model.PIDS_LIMIT):
        yield f"pids {limit}"
    if pod.restarts_clean:
        yield "clean restarts"


def _place(pod: Pod, container: Container) -> Iterable[str]:
    """The same container is made otherwise as an init container."""
    if (kind := order.kind(pod, container.name)) is not Kind.MAIN:
        yield kind.value


def restarts(pod: Pod, name: str) -> Body:
    """What the engine itself does when the container ends. It makes none anew."""
    if pod.restarts_clean:
        return {"Name": "no"}
    return {"Name": _RESTART[order.policy(pod, name)]}


def _of_the_machine(pod: Pod) -> Iterable[str]:
    """Likewise."""
    if pod.spec.host_pid:
        yield "hostPID"
    if pod.spec.host_ipc:
        yield "hostIPC"


# Docker's policies serve for a crashed member of a living pod; for all else podlab's own repair does.
_RESTART: Final = {"Always": "unless-stopped", "OnFailure": "on-failure", "Never": "no"}


LOGS: Final = {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}}
"""Of containers in an isolated pod. Without a bound whoever writes to a container's output fills the machine's disk."""


def of_seat(pod: Pod) -> Body:
    """What bounds the pod on a machine that it shares with others."""
    body: Body = {"LogConfig": LOGS} if pod.is_isolated else {}
    if limit := pod.metadata.annotations.get(model.PIDS_LIMIT):
        body["PidsLimit"] = int(limit)
    return body | runtime(pod)
