"""The workshop pod at every level: the tutorial's whole round trip, typed as the tutorial has it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import docker, leftovers
from tests.examples.conftest import EXAMPLES

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

Podlab = Callable[..., str]
Up = Callable[..., str]
Sh = Callable[[str, str, str], str]

FOLDER = "docker-pods"
VARIANTS = ("", "privileged.yaml", "caps.yaml", "rootless.yaml", "unix-socket.yaml", "tls.yaml")
"""Not userns.yaml: it needs an engine with userns-remap on cgroup v2; docs/levels.md says so."""
MEMBERS = ("registry", "mirror", "dind", "work")

of_every_level = pytest.mark.parametrize("pod", VARIANTS, indirect=True, scope="module")
of_the_workshop = pytest.mark.parametrize("pod", [""], indirect=True, scope="module")


@pytest.fixture(scope="module")
def pod(request: pytest.FixtureRequest, podlab: Podlab) -> Iterator[str]:
    """A pod of each variant for all tests that ask for it; the first one finds it as it was made."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    try:
        podlab("up", "--name", name, EXAMPLES / FOLDER / request.param)
        yield name
    finally:
        podlab("down", "--ignore-not-found", name)
        assert not leftovers(name)


@of_every_level
def test_the_round_trip_succeeds_as_typed(pod: str, sh: Sh) -> None:
    assert sh(pod, "work", "docker image ls -q") == ""
    assert sh(pod, "work", "curl -s localhost:5000/v2/_catalog").strip() == '{"repositories":[]}'

    assert "newer image for alpine:latest" in sh(pod, "work", "docker image pull alpine")
    sh(pod, "work", "docker image tag alpine localhost:5000/alpine")
    assert "digest: sha256:" in sh(pod, "work", "docker image push localhost:5000/alpine")
    assert "alpine" in sh(pod, "work", "curl -s localhost:5000/v2/_catalog")
    assert "reclaimed" in sh(pod, "work", "docker system prune --all --force")
    assert sh(pod, "work", "docker image ls -q") == ""
    sh(pod, "work", "docker image pull localhost:5000/alpine")
    assert sh(pod, "work", "docker run --rm localhost:5000/alpine echo from within") == "from within\n"


@of_every_level
def test_nested_containers_publish_ports_in_the_pod_and_reach_each_other(pod: str, sh: Sh) -> None:
    sh(pod, "work", "docker network create net; docker pull -q alpine")
    sh(pod, "work", "docker run -d --stop-timeout 1 --name web --network net -p 8099:80 alpine sh -c "
       "'mkdir /srv; echo hello >/srv/index.html; exec httpd -f -p 80 -h /srv'")  # fmt: skip
    assert (
        sh(pod, "work", "curl -s --retry 120 --retry-connrefused --retry-delay 1 localhost:8099") == "hello\n"
    )
    assert sh(pod, "work", "docker run --rm --network net alpine wget -q -O - http://web") == "hello\n"


@of_every_level
def test_the_daemon_comes_back_after_it_was_killed(pod: str, sh: Sh, podlab: Podlab) -> None:
    sh(pod, "work", "docker pull -q alpine")
    podlab("kill", pod, "-c", "dind")
    podlab("start", pod, "-c", "dind")
    podlab("wait", "--for=ready", pod)
    assert sh(pod, "work", "docker run --rm alpine echo again") == "again\n"


@of_the_workshop
def test_client_and_server_answer_through_docker_host(pod: str, sh: Sh) -> None:
    version = json.loads(sh(pod, "work", "docker version --format json"))
    assert version["Client"]["Version"]
    assert version["Server"]["Version"]


@of_the_workshop
def test_the_listeners_are_the_same_in_every_container(pod: str) -> None:
    for member in MEMBERS:
        assert {5000, 5001, 2375} <= listeners(pod, member), member


@of_the_workshop
def test_the_process_lists_are_apart(pod: str, sh: Sh) -> None:
    processes = sh(pod, "work", "ps -eo args")
    assert "registry" not in processes
    assert "dockerd" not in processes


def test_with_a_shared_process_list_the_work_shell_sees_all(up: Up, sh: Sh) -> None:
    pod = up(FOLDER, "--share", "pid")
    processes = sh(pod, "work", "ps -eo args")
    assert "registry serve" in processes
    assert "dockerd" in processes
    assert sh(pod, "work", "docker pull -q alpine && docker run --rm alpine echo works").endswith("works\n")


@of_the_workshop
def test_the_daemon_without_tls_is_out_of_reach_for_other_pods(pod: str, sh: Sh) -> None:
    other = docker("run", "--rm", "--network", "podlab", "busybox", "nc", "-w", "2", pod, "2375")
    assert other.returncode != 0
    registry = docker(
        "run", "--rm", "--network", "podlab", "busybox", "wget", "-q", "-O", "-", f"http://{pod}:5000/v2/"
    )
    assert registry.returncode == 0, "the check above must fail for the right reason"


@pytest.mark.parametrize("pod", ["tls.yaml"], indirect=True, scope="module")
def test_with_tls_a_client_without_the_certificate_is_refused(pod: str, sh: Sh) -> None:
    code = "curl -s -o /dev/null -w '%{http_code}' --cacert /certs/client/ca.pem"
    assert "000" in sh(pod, "work", f"{code} https://localhost:2376/_ping || true")
    with_certificate = f"{code} --cert /certs/client/cert.pem --key /certs/client/key.pem"
    assert "200" in sh(pod, "work", f"{with_certificate} https://localhost:2376/_ping")
    assert sh(pod, "work", "ls /certs") == "client\n", "the authority's key must not be here"
    assert 2375 not in listeners(pod, "work")


@pytest.mark.parametrize("pod", ["rootless.yaml"], indirect=True, scope="module")
def test_a_rootless_daemon_cannot_touch_the_machine(pod: str, sh: Sh) -> None:
    sh(pod, "work", "docker pull -q alpine")
    write = (
        "docker run --rm -v /proc/sys:/sys-of-host alpine sh -c 'echo x >/sys-of-host/kernel/core_pattern'"
    )
    assert "denied" in sh(pod, "work", f"{write} 2>&1 || true")
    disks = "docker run --rm -v /dev:/d alpine sh -c 'mknod /tmp/m c 1 1 && dd if=/tmp/m bs=1 count=1'"
    assert "not permitted" in sh(pod, "work", f"{disks} 2>&1 || true")


def listeners(pod: str, member: str) -> set[int]:
    """Ports that are listened on, as the container itself sees them, whatever programs its image has."""
    found = docker("exec", f"podlab-{pod}-{member}", "cat", "/proc/net/tcp", "/proc/net/tcp6")
    assert found.returncode == 0, found.stderr.decode()
    rows = [line.split() for line in found.stdout.decode().splitlines()]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}
