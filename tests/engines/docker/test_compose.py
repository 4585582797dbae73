"""A pod's compose file: what it says, that docker compose takes it, and that it becomes the same pod."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Literal

import pytest
from ruamel.yaml import YAML

from podlab.engines.docker.compose import compose
from podlab.manifest import load
from podlab.model import (
    Container,
    ContainerPort,
    EmptyDir,
    EnvVar,
    ExecAction,
    Lifecycle,
    LifecycleHandler,
    Metadata,
    Pod,
    PodSpec,
    Probe,
    Resources,
    SeccompProfile,
    SecurityContext,
    TCPSocketAction,
    Volume,
    VolumeMount,
)

EXAMPLES = Path(__file__).parents[3] / "examples"


def two(name: str = "web", image: str = "busybox") -> Pod:
    writer = Container(
        name="writer", image=image, command=("sh", "-c"), args=("echo $HOME $(NAME) >/data/said; sleep 1000",),
        env=(EnvVar(name="NAME", value="pod"),), volume_mounts=(VolumeMount(name="data", mount_path="/data"),),
        security_context=SecurityContext(run_as_user=1000),
        resources=Resources(limits={"cpu": "500m", "memory": "64Mi"}),
        readiness_probe=Probe(exec=ExecAction(command=("test", "-s", "/data/said")), period_seconds=1),
    )  # fmt: skip
    server = Container(
        name="server", image=image, command=("httpd", "-f", "-p", "8080", "-h", "/data"),
        volume_mounts=(VolumeMount(name="data", mount_path="/data", read_only=True),
                       VolumeMount(name="quick", mount_path="/quick")),
        readiness_probe=Probe(tcp_socket=TCPSocketAction(port=8080)),
    )  # fmt: skip
    volumes = (
        Volume(name="data", empty_dir=EmptyDir()),
        Volume(name="quick", empty_dir=EmptyDir(medium="Memory", size_limit="1Mi")),
    )
    return Pod(
        metadata=Metadata(name=name),
        spec=PodSpec(containers=(writer, server), volumes=volumes, termination_grace_period_seconds=0),
    )


def test_members_share_the_network_of_one_service_and_volumes_are_opened_first() -> None:
    made = compose(two(), "busybox")
    assert made.text.startswith("# The pod web for docker compose")
    assert made.text.count("network_mode: service:infra") == 2
    assert '    - chmod\n    - "0777"\n    - /data\n' in made.text
    assert "condition: service_completed_successfully" in made.text
    assert 'o: "mode=1777,size=1048576"' in made.text
    assert made.losses == ("server: its readiness probe asks a port, which compose cannot",)


def test_init_containers_are_waited_for_and_sidecars_started_first() -> None:
    def one(name: str, policy: Literal["Always"] | None = None) -> Container:
        return Container(name=name, image="busybox", restart_policy=policy)

    spec = PodSpec(init_containers=(one("page"), one("proxy", "Always")), containers=(one("app"),))
    text = compose(Pod(metadata=Metadata(name="web"), spec=spec), "busybox").text
    services = YAML(typ="safe").load(text)["services"]
    waits = {
        name: {
            other: said["condition"].removeprefix("service_") for other, said in each["depends_on"].items()
        }
        for name, each in services.items()
        if name != "infra"
    }
    assert waits == {
        "page": {"infra": "started"},
        "proxy": {"infra": "started", "page": "completed_successfully"},
        "app": {"infra": "started", "page": "completed_successfully", "proxy": "started"},
    }
    assert [services[name]["restart"] for name in waits] == ["on-failure", "unless-stopped", "unless-stopped"]


def test_what_compose_would_take_for_a_variable_is_escaped() -> None:
    text = compose(two(), "busybox").text
    assert "echo $$HOME pod" in text


def test_namespaces_of_the_machine_devices_and_names_are_in_it() -> None:
    limits: dict[str, str | int | float] = {
        "nvidia.com/gpu": 1,
        "example.com/card": 2,
        "ephemeral-storage": "1Gi",
    }
    app = Container(name="app", image="busybox", resources=Resources(limits=limits))
    spec = PodSpec(containers=(app,), host_pid=True, host_ipc=True, subdomain="s")
    pod = Pod(metadata=Metadata(name="web"), spec=spec)
    services = YAML(typ="safe").load(compose(pod, "busybox").text)["services"]
    assert services["app"]["pid"] == services["app"]["ipc"] == services["infra"]["ipc"] == "host"
    assert services["app"]["devices"] == ["example.com/card=0", "example.com/card=1"]
    [gpu] = services["app"]["deploy"]["resources"]["reservations"]["devices"]
    assert gpu == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    assert "web.s" in services["infra"]["networks"]["default"]["aliases"]
    at_home = Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app,), host_network=True))
    infra = YAML(typ="safe").load(compose(at_home, "busybox").text)["services"]["infra"]
    assert infra["network_mode"] == "host"
    assert "networks" not in infra


def test_ports_and_profiles_are_in_it() -> None:
    app = Container(
        name="app", image="busybox", ports=(ContainerPort(container_port=53, host_port=5353, protocol="UDP"),),
        security_context=SecurityContext(
            seccomp_profile=SeccompProfile(type="Localhost", localhost_profile="podlab/caps.json")
        ),
    )  # fmt: skip
    made = compose(Pod(metadata=Metadata(name="a.b"), spec=PodSpec(containers=(app,))), "busybox")
    assert "name: a-b\n" in made.text
    assert '    - target: 53\n      published: "5353"\n      protocol: udp\n' in made.text
    assert "seccomp=./seccomp/podlab/caps.json" in made.text
    assert made.files["seccomp/podlab/caps.json"].is_file()


def write(pod: Pod, folder: Path, infra_image: str = "busybox") -> None:
    made = compose(pod, infra_image)
    (folder / "compose.yaml").write_text(made.text)
    for name, file in made.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file.read_bytes())


def docker_compose(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["docker", "compose", *words], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "file", sorted(str(file.relative_to(EXAMPLES)) for file in EXAMPLES.rglob("*.yaml")), ids=str
)
def test_docker_compose_takes_every_example(file: str, tmp_path: Path) -> None:
    for pod in load([EXAMPLES / file]).pods:
        write(pod, tmp_path)
        docker_compose(tmp_path, "config", "--quiet")


@pytest.mark.engine
def test_it_becomes_the_same_pod(image: str, pod_name: str, tmp_path: Path) -> None:
    write(two(pod_name, image), tmp_path, image)
    try:
        docker_compose(tmp_path, "up", "--detach", "--wait", "--wait-timeout", "60")
        script = "wget -q -O - http://localhost:8080/said; hostname; id -u"
        said = docker_compose(tmp_path, "exec", "-T", "writer", "sh", "-c", script)
        assert said.split() == ["/", "pod", pod_name, "1000"]
        assert "tmpfs" in docker_compose(tmp_path, "exec", "-T", "server", "mount")
    finally:
        docker_compose(tmp_path, "down", "--volumes", "--timeout", "0")


def test_what_compose_cannot_do_of_hooks_probes_and_last_words_is_told() -> None:
    check = Probe(exec=ExecAction(command=("true",)))
    hook = LifecycleHandler(exec=ExecAction(command=("true",)))
    app = Container(
        name="app", image="busybox", liveness_probe=check, lifecycle=Lifecycle(pre_stop=hook, stop_signal="SIGINT"),
        termination_message_policy="FallbackToLogsOnError",
    )  # fmt: skip
    made = compose(Pod(metadata=Metadata(name="web"), spec=PodSpec(containers=(app,))), "busybox")
    assert made.losses == ("app: its lifecycle hooks", "app: its liveness and startup probes")
    service = YAML(typ="safe").load(made.text)["services"]["app"]
    assert service["stop_signal"] == "SIGINT"
    assert "volumes" not in service
