"""A pod in the engine's own words: the JSON bodies of its containers, volumes and networks.

Pure: nothing here asks the engine, a clock or a file. `commands` prints the same bodies as `docker` commands,
so what a person is shown is what is sent.
https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerCreate
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from podlab import model, naming, quantity
from podlab.model import Container, Pod, Volume
from podlab.ports import published
from podlab.wire import encode

Body = dict[str, Any]

DEFAULT_GRACE_S: Final = 30
"""https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"""
SECCOMP_FILE: Final = "seccomp=@"
"""In a body: a profile by name. The engine takes the profile's text; `profiles` puts it in on the way out."""


# --- the infra container --------------------------------------------------------------------------


def infra(pod: Pod, image: str, ends_at: int | None) -> Body:
    """`ends_at` is in seconds since the epoch: absolute, so that a restart does not begin the lifetime anew."""
    spec = pod.spec
    dns = spec.dns_config or model.DNSConfig()
    network = naming.ISOLATED_NETWORK if pod.is_isolated else naming.NETWORK
    labels = _labels(pod, naming.INFRA, "infra", infra_hash(pod)) | {
        naming.GENERATION: "1",
        naming.SPEC: json.dumps(encode(pod), separators=(",", ":")),
    }
    if ends_at is not None:
        labels[naming.DEADLINE] = str(ends_at)
    wait = "exec sleep infinity"
    if ends_at is not None:  # which may be over by now: sleep refuses less than 0
        wait = f'rest=$(({ends_at} - $(date +%s))); exec sleep "$((rest > 0 ? rest : 0))"'
    return {
        "Image": image,
        "Hostname": hostname(pod),
        "Entrypoint": ["sh", "-c"],
        "Cmd": [wait],
        "User": "65534:65534",
        "Labels": labels,
        "ExposedPorts": {key: {} for key in _bindings(pod)},
        "HostConfig": {
            "Init": True,
            "NetworkMode": network,
            "IpcMode": "shareable",
            "CgroupnsMode": "private",
            "PortBindings": _bindings(pod),
            "Dns": list(dns.nameservers),
            "DnsSearch": list(dns.searches),
            "DnsOptions": [o.name if o.value is None else f"{o.name}:{o.value}" for o in dns.options],
            "ExtraHosts": [f"{name}:{alias.ip}" for alias in spec.host_aliases for name in alias.hostnames],
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", f"{SECCOMP_FILE}podlab/infra.json"],
            "RestartPolicy": {"Name": "unless-stopped" if ends_at is None else "on-failure"},
            **_runtime(pod),
            "Annotations": _one_shim(pod),
            "Mounts": [
                _volume_mount(pod, v, f"/podlab/volumes/{v.name}") for v in spec.volumes if is_in_memory(v)
            ],
        },
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [pod.name]}}},
    }


def infra_hash(pod: Pod) -> str:
    """Changes when the pod as a whole would have to be made anew."""
    spec = pod.spec
    return _hash(
        hostname(pod), spec.host_aliases, spec.dns_config, _bindings(pod), bool(spec.share_process_namespace),
        pod.is_isolated, spec.active_deadline_seconds, *_runtime(pod).values(),
    )  # fmt: skip


def hostname(pod: Pod) -> str:
    return pod.spec.hostname or pod.name[:63].rstrip("-.")


def _bindings(pod: Pod) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in published(pod):
        key = f"{port.container_port}/{(port.protocol or 'TCP').lower()}"
        bindings.setdefault(key, []).append({"HostIp": port.host_ip or "", "HostPort": str(port.host_port)})
    return bindings


# --- members --------------------------------------------------------------------------------------


def member(pod: Pod, container: Container) -> Body:
    security = container.security_context or model.SecurityContext()
    capabilities = security.capabilities or model.Capabilities()
    env = _expanded_env(container)
    joined = f"container:{naming.container(pod.name, naming.INFRA)}"
    shares_pid = bool(pod.spec.share_process_namespace)
    body: Body = {
        "Image": container.image,
        "Entrypoint": [_expand(word, env) for word in container.command] or None,
        "Cmd": [_expand(word, env) for word in container.args] or None,
        "Env": [f"{key}={value}" for key, value in env.items()],
        "WorkingDir": container.working_dir or "",
        "User": _user(security),
        "Tty": bool(container.tty),
        "OpenStdin": bool(container.stdin),
        "StdinOnce": bool(container.stdin_once),
        "StopTimeout": grace_s(pod),
        "Labels": _labels(pod, container.name, "member", member_hash(pod, container)),
        "HostConfig": {
            # PID 1 of a shared PID namespace is the infra's init; a second one would reap nothing.
            "Init": not shares_pid and pod.metadata.annotations.get(model.INIT) != "false",
            "NetworkMode": joined,
            "IpcMode": joined,
            "PidMode": joined if shares_pid else "",
            "CgroupnsMode": "private",
            "RestartPolicy": {"Name": _RESTART[pod.spec.restart_policy or "Always"]},
            "Annotations": _one_shim(pod),
            "Privileged": bool(security.privileged),
            "CapAdd": list(capabilities.add),
            "CapDrop": _dropped(pod, security),
            "ReadonlyRootfs": bool(security.read_only_root_filesystem),
            "SecurityOpt": _security_options(security),
            "Mounts": list(_mounts(pod, container)),
            **_resources(container.resources or model.Resources()),
            **_seat(pod),
        },
    }
    if container.tty:
        # What a terminal that is closed sends: shells ignore SIGTERM and would cost the whole grace period.
        body["StopSignal"] = "SIGHUP"
    if security.proc_mount == "Unmasked":
        body["HostConfig"] |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return body


def member_hash(pod: Pod, container: Container) -> str:
    """Changes when this container would have to be made anew. Taken from what people wrote, not from the
    body: a newer podlab that writes another body finds its older pods unchanged."""
    mounted = {m.name for m in container.volume_mounts}
    return _hash(
        container, [v for v in pod.spec.volumes if v.name in mounted], pod.spec.restart_policy, grace_s(pod),
        bool(pod.spec.share_process_namespace), pod.metadata.annotations.get(model.INIT), *_bounds(pod),
    )  # fmt: skip


def _bounds(pod: Pod) -> Iterable[str]:
    """Only where they were said, so that pods that say nothing of them keep their hash."""
    if limit := pod.metadata.annotations.get(model.PIDS_LIMIT):
        yield f"pids {limit}"


def grace_s(pod: Pod) -> int:
    grace = pod.spec.termination_grace_period_seconds
    return DEFAULT_GRACE_S if grace is None else grace


# Docker's policies serve for a crashed member of a living pod; for all else podlab's own repair does.
_RESTART: Final = {"Always": "unless-stopped", "OnFailure": "on-failure", "Never": "no"}


LOGS: Final = {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}}
"""Of containers in an isolated pod. Without a bound whoever writes to a container's output fills the machine's disk."""


def _seat(pod: Pod) -> Body:
    """What bounds the pod on a machine that it shares with others."""
    body: Body = {"LogConfig": LOGS} if pod.is_isolated else {}
    if limit := pod.metadata.annotations.get(model.PIDS_LIMIT):
        body["PidsLimit"] = int(limit)
    return body | _runtime(pod)


def _runtime(pod: Pod) -> Body:
    """Of the whole pod, as in Kubernetes. https://kubernetes.io/docs/concepts/containers/runtime-class/"""
    return {"Runtime": pod.spec.runtime_class_name} if pod.spec.runtime_class_name else {}


def _dropped(pod: Pod, security: model.SecurityContext) -> list[str]:
    """Raw sockets go from isolated pods, which share a bridge: with them one answers ARP in a neighbour's name.
    `ping` needs none where it is iputils. https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities"""
    capabilities = security.capabilities or model.Capabilities()
    dropped = list(capabilities.drop)
    said = {name.upper().removeprefix("CAP_") for name in (*dropped, *capabilities.add)}
    if pod.is_isolated and not security.privileged and not said & {"ALL", "NET_RAW"}:
        dropped.append("NET_RAW")
    return dropped


def _user(security: model.SecurityContext) -> str:
    if security.run_as_user is None and security.run_as_group is None:
        return ""
    group = "" if security.run_as_group is None else f":{security.run_as_group}"
    return f"{security.run_as_user or 0}{group}"


def _security_options(security: model.SecurityContext) -> list[str]:
    options = []
    if security.allow_privilege_escalation is False:
        options.append("no-new-privileges")
    if (seccomp := security.seccomp_profile) and seccomp.type == "Unconfined":
        options.append("seccomp=unconfined")
    elif seccomp and seccomp.type == "Localhost":
        options.append(SECCOMP_FILE + (seccomp.localhost_profile or ""))
    if (apparmor := security.app_armor_profile) and apparmor.type == "Unconfined":
        options.append("apparmor=unconfined")
    elif apparmor and apparmor.type == "Localhost":
        options.append(f"apparmor={apparmor.localhost_profile}")
    return options


def _resources(resources: model.Resources) -> Body:
    """https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"""
    limits, requests = resources.limits, resources.requests
    body: Body = {}
    if "cpu" in limits:
        body["NanoCpus"] = quantity.nano(limits["cpu"])
    if "memory" in limits:
        body["Memory"] = body["MemorySwap"] = quantity.whole(
            limits["memory"]
        )  # equal: no swap, as in Kubernetes
    if cpu := requests.get("cpu", limits.get("cpu")):
        body["CpuShares"] = max(2, int(quantity.parse(cpu) * 1024))
    if "memory" in requests:
        body["MemoryReservation"] = quantity.whole(requests["memory"])
    return body


# https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
_REFERENCE = re.compile(r"\$(\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")


def _expand(text: str, env: Mapping[str, str]) -> str:
    """`$(NAME)` becomes its value, `$$` a dollar; an unknown name stays as it is written."""
    return _REFERENCE.sub(lambda m: "$" if m[1] == "$" else env.get(m[2], m[0]), text)


def _expanded_env(container: Container) -> dict[str, str]:
    env: dict[str, str] = {}
    for variable in container.env:
        env[variable.name] = _expand(variable.value, env)
    return env


# --- volumes and networks -------------------------------------------------------------------------


def is_in_memory(volume: Volume) -> bool:
    """An emptyDir that is a tmpfs."""
    return volume.empty_dir is not None and volume.empty_dir.medium == "Memory"


def _mounts(pod: Pod, container: Container) -> Iterable[Body]:
    volumes = {v.name: v for v in pod.spec.volumes}
    for mount in container.volume_mounts:
        volume = volumes[mount.name]
        if volume.host_path is None:
            body = _volume_mount(pod, volume, mount.mount_path)
        else:
            may_make = volume.host_path.type in (None, "", "DirectoryOrCreate")
            body = {
                "Type": "bind", "Source": volume.host_path.path, "Target": mount.mount_path,
                "BindOptions": {"Propagation": "rprivate"} | ({"CreateMountpoint": True} if may_make else {}),
            }  # fmt: skip
        yield body | ({"ReadOnly": True} if mount.read_only else {})


def _volume_mount(pod: Pod, volume: Volume, path: str) -> Body:
    """An emptyDir begins empty: what the image has at the path is not copied into it."""
    return {
        "Type": "volume", "Source": naming.volume(pod.name, volume.name), "Target": path,
        "VolumeOptions": {"NoCopy": True},
    }  # fmt: skip


def empty_dirs(pod: Pod) -> dict[str, Volume]:
    """The pod's own volumes by their engine name."""
    return {naming.volume(pod.name, v.name): v for v in pod.spec.volumes if v.empty_dir is not None}


def volume(pod: Pod, volume: Volume) -> Body:
    body: Body = {
        "Name": naming.volume(pod.name, volume.name),
        "Labels": {naming.POD: pod.name, naming.ROLE: "volume", naming.VERSION: naming.LABEL_SCHEME},
    }
    limit = volume.empty_dir.size_limit if volume.empty_dir else None
    if is_in_memory(volume):
        size = "" if limit is None else f",size={quantity.whole(limit)}"
        body["DriverOpts"] = {"type": "tmpfs", "device": "tmpfs", "o": f"mode=1777{size}"}
    elif limit is not None:
        body["DriverOpts"] = {"size": str(quantity.whole(limit))}
    return body


def opener(pod: Pod, volume: str, image: str) -> Body:
    """A container that is never started: through it the engine unpacks into the volume at `/v`."""
    return {
        "Image": image,
        "Cmd": ["true"],
        "Labels": {naming.POD: pod.name, naming.ROLE: "opener", naming.VERSION: naming.LABEL_SCHEME},
        "HostConfig": {
            "NetworkMode": "none",
            "Mounts": [
                {"Type": "volume", "Source": volume, "Target": "/v", "VolumeOptions": {"NoCopy": True}}
            ],
        },
    }


def spec_volume(pod: Pod, generation: int) -> Body:
    """Labels cannot be changed, so each later version of the wanted state is a volume of its own, never mounted."""
    return {
        "Name": naming.spec_volume(pod.name, generation),
        "Labels": {
            naming.POD: pod.name, naming.ROLE: "spec", naming.VERSION: naming.LABEL_SCHEME,
            naming.GENERATION: str(generation), naming.SPEC: json.dumps(encode(pod), separators=(",", ":")),
        },
    }  # fmt: skip


def network(pod: Pod) -> Body:
    """One bridge for all plain pods, one for all isolated ones: a bridge for each pod costs 70-145 ms
    and the engine's address pools end after about 30."""
    if not pod.is_isolated:
        return {"Name": naming.NETWORK, "Driver": "bridge", "Labels": _NETWORK_LABELS}
    options = {"com.docker.network.bridge.enable_icc": "false"}
    return {
        "Name": naming.ISOLATED_NETWORK,
        "Driver": "bridge",
        "Labels": _NETWORK_LABELS,
        "Options": options,
    }


_NETWORK_LABELS: Final = {naming.ROLE: "network", naming.VERSION: naming.LABEL_SCHEME}


def _one_shim(pod: Pod) -> dict[str, str]:
    """One containerd-shim for the whole pod, as under Kubernetes: it saves about 6 MB and 15 CPU-ms a member.

    Engines before API 1.43 leave it out of account. https://github.com/containerd/containerd/blob/main/core/runtime/v2/README.md
    """
    return {"io.containerd.runc.v2.group": f"podlab-{pod.name}"}


# --- labels ---------------------------------------------------------------------------------------


def _labels(pod: Pod, container: str, role: str, digest: str) -> dict[str, str]:
    own = {
        naming.POD: pod.name, naming.CONTAINER: container, naming.ROLE: role, naming.HASH: digest,
        naming.VERSION: naming.LABEL_SCHEME,
    }  # fmt: skip
    return dict(pod.metadata.labels) | own


def _hash(*parts: Any) -> str:
    text = json.dumps(encode(parts), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
