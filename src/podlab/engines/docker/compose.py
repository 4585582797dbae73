"""A pod as a compose file, for whoever has docker and no podlab. Made from what would be sent to an engine, and pure.

One service, `infra`, has the network, and the others join it: https://docs.docker.com/reference/compose-file/services/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from podlab import hostnames, naming
from podlab.engines.docker import profiles, translate
from podlab.engines.docker.translate import SECCOMP_FILE, Body
from podlab.engines.docker.translate.last_words import last_words_mount
from podlab.manifest.emit import text
from podlab.model import CLEAN_RESTARTS, Container, Pod
from podlab.node import order
from podlab.objects.files import has_content
from podlab.objects.tree import FOLDER
from podlab.status import Kind

_JOINED: Final = f"service:{naming.INFRA}"
_HOST: Final = "host"
_STARTED: Final = {"condition": "service_started"}
_DONE: Final = {"condition": "service_completed_successfully"}
"""https://docs.docker.com/reference/compose-file/services/#depends_on"""
_OPENING: Final = "open-volumes"
_SECCOMP: Final = "seccomp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """`files` are those that belong beside it: name → where it lies here. `losses` tell what it cannot say."""

    text: str
    files: Mapping[str, Path]
    losses: tuple[str, ...] = ()


def compose(pod: Pod, infra_image: str) -> Compose:
    """The project has the pod's name. Lifetime and isolation from other pods are not in it."""
    pod = _restarted_by_the_engine(pod)
    own = {engine_name: volume.name for engine_name, volume in translate.own_volumes(pod).items()}
    plain = {v.name for v in pod.spec.volumes if v.empty_dir and not translate.is_in_memory(v)}
    services = {naming.INFRA: _infra(pod, infra_image)}
    if plain:
        services[_OPENING] = _opening(sorted(plain), infra_image, translate.group_of_volumes(pod))
    after = {naming.INFRA: _STARTED} | ({_OPENING: _DONE} if plain else {})
    for container in pod.members:
        services[container.name] = _member(pod, container, own) | {"depends_on": dict(after)}
        if (kind := order.kind(pod, container.name)) is not Kind.MAIN:
            after[container.name] = _STARTED if kind is Kind.SIDECAR else _DONE
    data = {"name": pod.name.replace(".", "-"), "services": services, "volumes": dict(_volumes(pod))}
    written = text(_escaped({key: value for key, value in data.items() if value}))
    return Compose(
        text=f"# The pod {pod.name} for docker compose, made by podlab.\n{written}",
        files=dict(_profiles(pod)),
        losses=tuple(_losses(pod)),
    )


def _restarted_by_the_engine(pod: Pod) -> Pod:
    annotations = {key: value for key, value in pod.metadata.annotations.items() if key != CLEAN_RESTARTS}
    return replace(pod, metadata=replace(pod.metadata, annotations=annotations))


def _infra(pod: Pod, image: str) -> Body:
    body = translate.infra(pod, image, None)
    host = body["HostConfig"]
    ports = [
        {"target": int(port), "published": each["HostPort"], "host_ip": each["HostIp"], "protocol": protocol}
        for key, bindings in host["PortBindings"].items()
        for port, _, protocol in [key.partition("/")]
        for each in bindings
    ]
    return _said(
        image=image, hostname=body["Hostname"], entrypoint=body["Entrypoint"], command=body["Cmd"],
        user=body["User"], init=True, ipc=host["IpcMode"], cap_drop=["ALL"],
        security_opt=["no-new-privileges"], restart="unless-stopped",
        ports=[{key: value for key, value in port.items() if value} for port in ports],
        dns=host["Dns"], dns_search=host["DnsSearch"], dns_opt=host["DnsOptions"], extra_hosts=host["ExtraHosts"],
        sysctls=host["Sysctls"], domainname=body.get("Domainname"), userns_mode=host.get("UsernsMode"),
        **_network(pod),
    )  # fmt: skip


def _opening(volumes: list[str], image: str, group: int | None) -> Body:
    """An emptyDir is everybody's; a volume is root's."""
    folders = [f"/{name}" for name in volumes]
    open_all = ["chmod", "0777", *folders]
    if group is not None:
        script = f'chgrp {group} "$@" && chmod 2777 "$@"'
        open_all = ["sh", "-c", script, "sh", *folders]
    return {
        "image": image,
        "entrypoint": open_all,
        "network_mode": "none",
        "volumes": [
            {"type": "volume", "source": name, "target": f"/{name}", "volume": {"nocopy": True}}
            for name in volumes
        ],
    }


def _member(pod: Pod, container: Container, own: Mapping[str, str]) -> Body:
    body = translate.member(pod, container)
    host = body["HostConfig"]
    last_words = list(last_words_mount(pod, container, has_subpaths=True))
    options = [_option(each) for each in host["SecurityOpt"]]
    if host.get("MaskedPaths") == []:
        options.append("systempaths=unconfined")
    return _said(
        image=body["Image"], entrypoint=body["Entrypoint"], command=body["Cmd"], environment=body["Env"],
        working_dir=body["WorkingDir"], user=body["User"], tty=body["Tty"], stdin_open=body["OpenStdin"],
        stop_grace_period=f"{body['StopTimeout']}s", stop_signal=body.get("StopSignal"),
        init=host["Init"], network_mode=_JOINED, ipc=_joined(host["IpcMode"]), pid=_joined(host["PidMode"]),
        cgroup=host["CgroupnsMode"], restart=host["RestartPolicy"]["Name"], privileged=host["Privileged"],
        cap_add=host["CapAdd"], cap_drop=host["CapDrop"], read_only=host["ReadonlyRootfs"], security_opt=options,
        group_add=host["GroupAdd"], userns_mode=host.get("UsernsMode"), storage_opt=host.get("StorageOpt"),
        **_devices(host.get("DeviceRequests") or []),
        volumes=[_mount(each, own) for each in host["Mounts"] if each not in last_words],
        cpus=host.get("NanoCpus", 0) / 1e9, mem_limit=host.get("Memory"), memswap_limit=host.get("MemorySwap"),
        mem_reservation=host.get("MemoryReservation"), cpu_shares=host.get("CpuShares"),
        pids_limit=host.get("PidsLimit"), runtime=host.get("Runtime"), healthcheck=_health(container),
    )  # fmt: skip


def _network(pod: Pod) -> Body:
    if pod.spec.host_network:
        return {"network_mode": _HOST}
    return {"networks": {"default": {"aliases": hostnames.names(pod)}}}


def _joined(mode: str) -> str:
    return _JOINED if mode.startswith("container:") else mode


def _devices(requests: list[Body]) -> Body:
    """NVIDIA's by number, others by name."""
    named = [name for each in requests for name in each.get("DeviceIDs", ())]
    counted = [
        {"driver": each["Driver"], "count": each["Count"], "capabilities": each["Capabilities"][0]}
        for each in requests
        if "Count" in each
    ]
    body: Body = {"devices": named} if named else {}
    return body | ({"deploy": {"resources": {"reservations": {"devices": counted}}}} if counted else {})


def _mount(mount: Body, own: Mapping[str, str]) -> Body:
    """`own`: the engine's name of a volume → the pod's."""
    source = own.get(mount["Source"], mount["Source"])
    made: Body = {"type": mount["Type"], "source": source, "target": mount["Target"]}
    if mount["Type"] == "volume":
        folder = mount["VolumeOptions"].get("Subpath", "").removeprefix(FOLDER).lstrip("/")
        made["volume"] = {"nocopy": True} | ({"subpath": folder} if folder else {})
    else:
        made["bind"] = {"create_host_path": bool(mount["BindOptions"].get("CreateMountpoint"))}
    return made | ({"read_only": True} if mount.get("ReadOnly") else {})


def _volumes(pod: Pod) -> Iterator[tuple[str, Body]]:
    for each in translate.own_volumes(pod).values():
        options = translate.volume(pod, each).get("DriverOpts") if translate.is_in_memory(each) else None
        yield each.name, {"driver_opts": options} if options else {}


def _health(container: Container) -> Body:
    probe = container.readiness_probe
    if probe is None or probe.exec is None:
        return {}
    return {
        "test": ["CMD", *probe.exec.command],
        "interval": f"{probe.period_seconds or 10}s",
        "timeout": f"{probe.timeout_seconds or 1}s",
        "retries": probe.failure_threshold or 3,
    }


def _option(option: str) -> str:
    name = option.removeprefix(SECCOMP_FILE)
    return option if name == option else f"seccomp=./{_beside(name)}"


def _profiles(pod: Pod) -> Iterator[tuple[str, Path]]:
    for container in pod.members:
        for option in translate.member(pod, container)["HostConfig"]["SecurityOpt"]:
            if (name := option.removeprefix(SECCOMP_FILE)) != option:
                yield _beside(name), profiles.path(name)


def _beside(profile: str) -> str:
    return f"{_SECCOMP}/{profile}"


def _losses(pod: Pod) -> Iterator[str]:
    if translate.is_bounded(pod):
        yield "resources of the pod as a whole"
    for container in pod.members:
        yield from (f"{container.name}: {what}" for what in _losses_of(container))
    mounts = [mount for container in pod.members for mount in container.volume_mounts]
    for volume in pod.spec.volumes:
        if volume.empty_dir and volume.empty_dir.size_limit and not translate.is_in_memory(volume):
            yield f"volume {volume.name}: its size limit"
        if has_content(volume) or volume.image or volume.persistent_volume_claim:
            yield f"volume {volume.name}: what is in it; it begins empty"
        elif any(m.name == volume.name and (m.sub_path or m.sub_path_expr) for m in mounts):
            yield f"volume {volume.name}: its folders have to be made before"
    for container in pod.members:
        if container.env_from or any(variable.value_from for variable in container.env):
            yield f"{container.name}: variables that come from elsewhere"


def _losses_of(container: Container) -> Iterator[str]:
    if (probe := container.readiness_probe) and probe.exec is None:
        yield "its readiness probe asks a port, which compose cannot"
    if container.lifecycle and (container.lifecycle.post_start or container.lifecycle.pre_stop):
        yield "its lifecycle hooks"
    if container.restart_policy_rules:
        yield "its restart rules"
    if container.liveness_probe or container.startup_probe:
        yield "its liveness and startup probes"


def _said(**keys: Any) -> Body:
    """Without what says nothing."""
    return {key: value for key, value in keys.items() if value}


def _escaped(value: Any) -> Any:
    """Compose puts variables in place of `$NAME`, wherever it stands."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _escaped(each) for key, each in value.items()}
    return [_escaped(each) for each in value] if isinstance(value, list) else value
