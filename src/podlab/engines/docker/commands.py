"""The plan as `docker` commands that a person can run: what is shown is made from what would be sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from podlab import naming
from podlab.engines.docker import profiles, resizing, translate
from podlab.engines.docker.commands_volumes import create, volume_lines
from podlab.engines.docker.plan import Step, Verb
from podlab.engines.docker.translate import OPENER, SECCOMP_FILE, Body
from podlab.engines.docker.translate.last_words import FILE, has_file, last_words_volume
from podlab.engines.docker.translate.whole_pod import PERIOD_US
from podlab.model import Container, Pod
from podlab.objects import Surroundings
from podlab.ports import parse


def render(pod: Pod, steps: list[Step], infra_image: str, now: float, around: Surroundings) -> str:
    """A shell script, one command for each step; a create and its start are one `docker run`."""
    started = {s.target for s in steps if s.verb is Verb.START}
    created = {s.target for s in steps if s.verb is Verb.CREATE}
    lines = []
    for step in steps:
        name = naming.container(pod.name, step.target)
        match step.verb:
            case Verb.CREATE if step.target in started:
                continue
            case Verb.CREATE:
                lines.append(_create(["docker", "create"], pod, step.target, infra_image, now, around))
            case Verb.START if step.target in created:
                lines.append(_create(["docker", "run", "-d"], pod, step.target, infra_image, now, around))
            case Verb.START | Verb.RESTART | Verb.STOP:
                lines.append(_line("docker", step.verb, name))
            case Verb.BOUND:
                lines.append(_group(pod))
            case Verb.UPDATE:
                lines.append(_line("docker", "update", *_bounds(resizing.update(pod, step.target)), name))
            case Verb.REMOVE | Verb.SET_ASIDE:
                lines.append(_line("docker", "stop", name))
                former = naming.former(pod.name, step.target)
                goes = ("rename", name, former) if step.verb is Verb.SET_ASIDE else ("rm", "--volumes", name)
                lines.append(_line("docker", *goes))
            case Verb.CREATE_NETWORK | Verb.CONNECT:
                lines.append(
                    _join(pod, step.target) if step.verb is Verb.CONNECT else _network(translate.network(pod))
                )
            case Verb.WRITE_SPEC:
                lines.append(create(translate.spec_volume(pod, int(step.target.rpartition(".")[2]))))
            case Verb.PUBLISH | Verb.UNPUBLISH:
                lines.append(_publisher(pod, step, infra_image))
            case _:
                lines += volume_lines(pod, step, infra_image, around)
    return "\n".join(lines)


def _create(
    command: list[str], pod: Pod, target: str, infra_image: str, now: float, around: Surroundings
) -> str:
    if target == naming.INFRA:
        lifetime = pod.spec.active_deadline_seconds
        ends_at = None if lifetime is None else int(now) + lifetime
        body = translate.infra(pod, infra_image, ends_at)
        note = f"# ends at {datetime.fromtimestamp(ends_at, UTC):%Y-%m-%d %H:%M:%S} UTC\n" if ends_at else ""
    else:
        wanted = pod.container(target)
        assert wanted is not None  # noqa: S101 - the plan names the pod's own containers
        body, note = translate.member(pod, wanted, around), _last_words(pod, wanted, infra_image, around)
    if translate.is_bounded(pod):
        body["HostConfig"]["CgroupParent"] = f"/podlab/{pod.name}"
    entrypoint = list(body.get("Entrypoint") or [])
    words = [*entrypoint[1:], *(body.get("Cmd") or [])]
    flags = list(_flags(naming.container(pod.name, target), body, entrypoint[:1]))
    parts = [" ".join(command), *(" ".join(map(shlex.quote, flag)) for flag in flags)]
    return note + " \\\n  ".join([*parts, shlex.join([body["Image"], *words])])


def _last_words(pod: Pod, container: Container, infra_image: str, around: Surroundings) -> str:
    if not has_file(container, has_subpaths=around.has_subpaths):
        return ""
    volume = last_words_volume(pod, container)
    script = f"umask 0 && : >{OPENER}/{FILE}"
    run = ["docker", "run", "--rm", "-v", f"{volume['Name']}:{OPENER}", infra_image, "sh", "-c", script]
    return f"{create(volume)}\n{shlex.join(run)}\n"


def _group(pod: Pod) -> str:
    """In words: what writes it depends on who keeps the machine's groups (`pod_group`)."""
    held = translate.whole(pod)
    memory = "" if held.memory_bytes < 0 else f", memory {held.memory_bytes} bytes"
    cpu = "" if held.quota_us < 0 else f", cpu {held.quota_us} of {PERIOD_US} us"
    told = f"weight {held.shares}{memory}{cpu}"
    return f"# as root on the engine's machine, bound its control group /podlab/{pod.name}: {told}"


def _bounds(body: Body) -> Iterator[str]:
    if cpus := body.get("NanoCpus"):
        yield f"--cpus={cpus / 1e9:g}"
    yield from (f"{flag}={body[key]}" for key, flag in _SINGLE.items() if body.get(key))


def _publisher(pod: Pod, step: Step, infra_image: str) -> str:
    name = translate.publisher_name(pod.name, step.target)
    if step.verb is Verb.UNPUBLISH:
        return _line("docker", "rm", "-f", name)
    port = parse(step.target)
    body = (
        translate.forwarder(pod, port)
        if port.protocol == "UDP"
        else translate.publisher(pod, port, infra_image)
    )
    first, *rest = body["Entrypoint"]
    flags = _flags(name, body, [first])
    parts = ["docker run -d", *(" ".join(map(shlex.quote, flag)) for flag in flags)]
    return " \\\n  ".join([*parts, shlex.join([body["Image"], *rest, *body["Cmd"]])])


def _flags(name: str, body: Body, entrypoint: list[str]) -> Iterator[list[str]]:
    host: Body = body["HostConfig"]
    said = host | body
    yield ["--name", name]
    yield from ([flag, str(said[key])] for key, flag in _SINGLE.items() if said.get(key))
    yield from ([flag] for key, flag in _SWITCHES.items() if said.get(key))
    yield from (
        [flag, _option(str(value))] for key, flag in _REPEATED.items() for value in said.get(key) or ()
    )
    yield from _special(host)
    for network in (body.get("NetworkingConfig") or {}).get("EndpointsConfig", {}).values():
        yield from (["--network-alias", alias] for alias in network["Aliases"])
    yield from (["--publish", port] for port in _published(host))
    yield from map(_mount, host["Mounts"])
    yield from (["--sysctl", f"{key}={value}"] for key, value in (host.get("Sysctls") or {}).items())
    yield from (["--annotation", f"{key}={value}"] for key, value in host["Annotations"].items())
    if entrypoint:
        yield ["--entrypoint", entrypoint[0]]
    yield from (["--label", f"{key}={value}"] for key, value in body["Labels"].items())


def _special(host: Body) -> Iterator[list[str]]:
    if host.get("MaskedPaths") == []:
        yield ["--security-opt", "systempaths=unconfined"]
    if (policy := host["RestartPolicy"]["Name"]) != "no":
        yield ["--restart", policy]
    if cpus := host.get("NanoCpus"):
        yield ["--cpus", f"{cpus / 1e9:g}"]
    if logs := host.get("LogConfig"):
        yield ["--log-driver", logs["Type"]]
        yield from (["--log-opt", f"{key}={value}"] for key, value in logs["Config"].items())


def _published(host: Body) -> Iterator[str]:
    for port, bindings in (host.get("PortBindings") or {}).items():
        for b in bindings:
            ip = f"[{b['HostIp']}]" if ":" in b["HostIp"] else b["HostIp"]
            yield ":".join(filter(None, [ip, b["HostPort"], port]))


_SINGLE = {
    "Hostname": "--hostname", "Domainname": "--domainname",
    "NetworkMode": "--network", "IpcMode": "--ipc", "PidMode": "--pid",
    "CgroupnsMode": "--cgroupns", "User": "--user", "WorkingDir": "--workdir", "StopSignal": "--stop-signal",
    "StopTimeout": "--stop-timeout", "Memory": "--memory", "MemorySwap": "--memory-swap",
    "MemoryReservation": "--memory-reservation", "CpuShares": "--cpu-shares",
    "PidsLimit": "--pids-limit", "CgroupParent": "--cgroup-parent", "UsernsMode": "--userns", "Runtime": "--runtime",
}  # fmt: skip
_SWITCHES = {
    "Init": "--init", "Tty": "--tty", "OpenStdin": "--interactive", "Privileged": "--privileged",
    "ReadonlyRootfs": "--read-only",
}  # fmt: skip
_REPEATED = {
    "Env": "--env", "CapAdd": "--cap-add", "CapDrop": "--cap-drop", "SecurityOpt": "--security-opt",
    "Dns": "--dns", "DnsSearch": "--dns-search", "DnsOptions": "--dns-option", "ExtraHosts": "--add-host",
    "GroupAdd": "--group-add",
}  # fmt: skip


def _option(option: str) -> str:
    name = option.removeprefix(SECCOMP_FILE)
    return option if name == option else f"seccomp={profiles.path(name)}"


def _mount(mount: Mapping[str, Any]) -> list[str]:
    if mount.get("BindOptions", {}).get("CreateMountpoint"):  # --mount refuses a folder that is not there
        return ["--volume", f"{mount['Source']}:{mount['Target']}{':ro' * mount.get('ReadOnly', False)}"]
    parts = [f"type={mount['Type']}", f"source={mount['Source']}", f"target={mount['Target']}"]
    parts += ["readonly"] * mount.get("ReadOnly", False) + ["volume-nocopy"] * (mount["Type"] == "volume")
    if folder := mount.get("VolumeOptions", {}).get("Subpath"):
        parts.append(f"volume-subpath={folder}")
    if (how := mount.get("BindOptions", {}).get("Propagation", "rprivate")) != "rprivate":
        parts.append(f"bind-propagation={how}")
    return ["--mount", ",".join(parts)]


def _join(pod: Pod, network: str) -> str:
    names = translate.endpoint(pod)["EndpointsConfig"][network]["Aliases"]
    infra = naming.container(pod.name, naming.INFRA)
    return _line("docker", "network", "connect", *(f"--alias={name}" for name in names), network, infra)


def _network(body: Body) -> str:
    options = [f"--opt={key}={value}" for key, value in body.get("Options", {}).items()]
    return _line("docker", "network", "create", *options, *_label_flags(body), body["Name"])


def _label_flags(body: Body) -> list[str]:
    return [f"--label={key}={value}" for key, value in body["Labels"].items()]


def _line(*words: str) -> str:
    return shlex.join(words)
