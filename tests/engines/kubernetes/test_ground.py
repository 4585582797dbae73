"""What a lab stands on in a cluster: bounds that hold its seats, borders that nothing crosses, as plain manifests."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from podlab import quantity
from podlab.engines.kubernetes.lab import borders, bounds, ground, seats, shared
from podlab.engines.kubernetes.lab.pod_security import standard
from podlab.engines.labs import Ground
from podlab.manifest import load
from podlab.model import (
    ISOLATED,
    Capabilities,
    Container,
    ContainerPort,
    HostPath,
    Metadata,
    Pod,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    Volume,
)
from podlab.model.container import Resources
from podlab.workshop.lab import set_up as lab
from tests.examples.conftest import EXAMPLES

HARD = SecurityContext(
    allow_privilege_escalation=False, run_as_non_root=True, capabilities=Capabilities(drop=("ALL",)),
    seccomp_profile=SeccompProfile(type="RuntimeDefault"),
)  # fmt: skip


def pod(*, volumes: tuple[Volume, ...] = (), host_network: bool | None = None, **settings: Any) -> Pod:
    container = Container(name="app", image="busybox", **settings)
    return Pod(
        metadata=Metadata(name="seat", annotations={ISOLATED: "true"}),
        spec=PodSpec(containers=(container,), volumes=volumes, host_network=host_network),
    )


def shipped(seats_: int = 30) -> Ground:
    """Of the tutorial's workshop, as a class on a cluster has it."""
    [workshop] = load([EXAMPLES / "docker-pods" / "podlab.yaml"]).workshops
    template = replace(workshop.spec.pod, spec=seats.fitted(workshop.spec.pod.spec))
    settled = replace(workshop, spec=replace(workshop.spec, pod=template, level="privileged"))
    return lab.ground_of(settled, seats=seats_)


def changed(**security: Any) -> Pod:
    return pod(security_context=replace(HARD, **security))


@pytest.mark.parametrize(
    ("wanted", "level"),
    [
        (pod(security_context=HARD), "restricted"),
        (pod(), "baseline"),
        (changed(run_as_user=0), "baseline"),
        (changed(run_as_non_root=None), "baseline"),
        (changed(allow_privilege_escalation=None), "baseline"),
        (changed(seccomp_profile=None), "baseline"),
        (changed(capabilities=Capabilities(drop=("NET_RAW",))), "baseline"),
        (changed(capabilities=Capabilities(drop=("ALL",), add=("NET_BIND_SERVICE",))), "restricted"),
        (changed(capabilities=Capabilities(drop=("ALL",), add=("CHOWN",))), "baseline"),
        (changed(capabilities=Capabilities(add=("SYS_ADMIN",))), "privileged"),
        (changed(capabilities=Capabilities(add=("CAP_NET_RAW",))), "privileged"),
        (changed(privileged=True), "privileged"),
        (changed(proc_mount="Unmasked"), "privileged"),
        (changed(seccomp_profile=SeccompProfile(type="Unconfined")), "privileged"),
        (pod(host_network=True), "privileged"),
        (pod(ports=(ContainerPort(container_port=80, host_port=80),)), "privileged"),
        (pod(volumes=(Volume(name="v", host_path=HostPath(path="/")),)), "privileged"),
    ],
)  # fmt: skip
def test_the_namespace_lets_in_what_seats_need_and_no_more(wanted: Pod, level: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    assert standard([wanted]) == level
    made = ground.namespace(Ground(lab="lab", seat=wanted, seats=1), "podlab-lab")
    assert made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == level


def test_a_seat_keeps_a_part_free_of_what_it_may_take() -> None:
    """Else Kubernetes keeps all of it free: three processors for a seat that mostly waits."""
    seat = shipped().seat
    found = bounds.amounts(seat.spec)
    assert (found["limits.cpu"], found["requests.cpu"]) == (Decimal("2.5"), Decimal("0.125"))
    assert found["limits.memory"] == 4 * found["requests.memory"] == (256 + 1024 + 512) * 2**20


def test_what_a_container_says_itself_counts() -> None:
    said = Resources(limits={"cpu": "1", "memory": "1Gi"}, requests={"cpu": "1"})
    [container] = bounds.reserving(pod(resources=said).spec).containers
    assert container.resources == replace(said, requests={"cpu": "1", "memory": "256Mi"})


def test_init_containers_count_where_they_are_larger_and_sidecars_always() -> None:
    def of(cpu: str, **settings: Any) -> Container:
        return Container(
            name=f"c{cpu}", image="busybox", resources=Resources(limits={"cpu": cpu}), **settings
        )

    spec = PodSpec(containers=(of("1"), of("2")), init_containers=(of("5"),))
    assert bounds.amounts(spec)["limits.cpu"] == 5
    sidecar = replace(spec, init_containers=(of("4", restart_policy="Always"),))
    assert bounds.amounts(sidecar)["limits.cpu"] == 7


@pytest.mark.parametrize("count", [1, 10, 30, 1000])
def test_the_quota_holds_all_seats_and_some_that_come_and_go(count: int) -> None:
    wanted = shipped(count)
    hard = bounds.hard(wanted)
    assert int(hard["pods"]) >= count + 2 + len(wanted.beside)
    one = bounds.amounts(wanted.seat.spec)
    for key, each in one.items():
        held = quantity.parse(hard[key])
        assert held >= count * each
        assert held <= 2 * (count + max(2, count // 10 + 1)) * each
    assert hard["services.nodeports"] == hard["services.loadbalancers"] == "0"


def test_no_container_of_a_seat_is_larger_than_the_limit_range_lets_it_be() -> None:
    wanted = shipped()
    [limits] = bounds.limit_range(wanted)["spec"]["limits"]
    assert limits["max"] == {"cpu": "1", "memory": "1024Mi"}
    assert limits["defaultRequest"] == {"cpu": "50m", "memory": "128Mi"}


def policies() -> tuple[dict[str, Any], dict[str, Any]]:
    seats_policy, mirror = borders.policies(shipped(), ["198.51.100.7/32", "10.0.0.1/32", "2001:db8::1/128"])
    return seats_policy["spec"], mirror["spec"]


def reaches(spec: dict[str, Any], address: str, port: int = 443, protocol: str = "TCP") -> bool:
    """As a network that enforces it would decide for an address outside."""
    for rule in spec["egress"]:
        ports = rule.get("ports")
        if ports and not any(each["port"] == port and each["protocol"] == protocol for each in ports):
            continue
        for peer in rule["to"]:
            block = peer.get("ipBlock", {"cidr": "::/128"})
            closed = any(_within(address, each) for each in block.get("except", ()))
            if _within(address, block["cidr"]) and not closed:
                return True
    return False


def _within(address: str, network: str) -> bool:
    found = ip_network(network)
    return ip_address(address).version == found.version and ip_address(address) in found


@pytest.mark.parametrize(
    "address",
    [
        "10.96.0.1", "172.20.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "198.51.100.7",
        "fd00::1", "fe80::1", "2001:db8::1", "::1", "0.0.0.0",
    ],
)  # fmt: skip
def test_a_seat_reaches_no_neighbour_no_node_and_no_api_server(address: str) -> None:
    seat, _ = policies()
    assert not reaches(seat, address)
    assert not reaches(seat, address, 6443)
    assert not reaches(seat, address, 10250)


def test_a_seat_reaches_the_internet_names_and_the_mirror() -> None:
    seat, mirror = policies()
    assert reaches(seat, "203.0.113.9")
    assert reaches(seat, "2001:db8::2")
    assert reaches(seat, "169.254.20.10", 53, "UDP"), "a node's own name service"
    assert not reaches(seat, "169.254.20.10", 80)
    names, to_mirror, _ = seat["egress"]
    assert names["to"][0] == {
        "namespaceSelector": {},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    assert to_mirror["to"] == [{"podSelector": {"matchLabels": mirror["podSelector"]["matchLabels"]}}]
    assert to_mirror["ports"] == [{"protocol": "TCP", "port": 5001}]


def test_nothing_comes_in_to_a_seat_and_only_seats_to_the_mirror() -> None:
    """Terminals and previews come through the API server, which policies do not concern."""
    seat, mirror = policies()
    assert seat["podSelector"] == {"matchLabels": {ISOLATED: "true"}}
    assert seat["ingress"] == []
    assert set(seat["policyTypes"]) == set(mirror["policyTypes"]) == {"Ingress", "Egress"}
    assert [rule["from"] for rule in mirror["ingress"]] == [[{"podSelector": seat["podSelector"]}]]
    assert mirror["egress"] == [], "what it holds it has already"


def test_a_mirror_that_caches_reaches_the_internet_and_nothing_else() -> None:
    [workshop] = load([EXAMPLES / "docker-pods" / "podlab.yaml"]).workshops
    images = replace(workshop.spec.images, mirror="cache")  # type: ignore[type-var]
    wanted = lab.ground_of(replace(workshop, spec=replace(workshop.spec, images=images, level="privileged")))
    _, mirror = borders.policies(wanted, ["198.51.100.7/32"])
    assert reaches(mirror["spec"], "203.0.113.9")
    assert not reaches(mirror["spec"], "10.0.0.1")
    assert not reaches(mirror["spec"], "198.51.100.7")


def test_all_of_it_bears_the_labs_name_and_tells_itself_apart() -> None:
    first, second = ground.within(shipped(30)), ground.within(shipped(31))
    kinds = [each["kind"] for each in first]
    assert kinds == ["ServiceAccount", "ResourceQuota", "LimitRange", "NetworkPolicy", "NetworkPolicy"]
    assert {each["metadata"]["labels"][ground.LAB] for each in first} == {"docker-pods"}
    assert len({each["metadata"]["name"] for each in first if each["kind"] == "NetworkPolicy"}) == 2
    hashes = [
        [ground.hashed(each)["metadata"]["annotations"][ground.MADE_FROM] for each in all_]
        for all_ in (first, second)
    ]
    assert [one == other for one, other in zip(*hashes, strict=True)] == [True, False, True, True, True]
    assert first[0]["automountServiceAccountToken"] is False


def test_in_a_namespace_of_others_they_are_not_bounded() -> None:
    kinds = {each["kind"] for each in ground.within(shipped(), is_ours=False)}
    assert kinds == {"ServiceAccount", "NetworkPolicy"}


def test_seats_have_no_token_and_what_the_workshop_says_stays() -> None:
    said = replace(
        pod().spec, for_cluster={"nodeSelector": {"lab": "yes"}, "tolerations": [{"operator": "Exists"}]}
    )
    made = seats.fitted(said).for_cluster
    assert made["automountServiceAccountToken"] is False
    assert made["serviceAccountName"] == ground.SEATS
    assert (made["nodeSelector"], made["tolerations"]) == ({"lab": "yes"}, [{"operator": "Exists"}])


def test_a_namespaces_name_fits() -> None:
    assert ground.namespace_of("docker-pods") == "podlab-docker-pods"
    names = {ground.namespace_of("w" * 58 + end) for end in "ab"}
    assert len(names) == 2
    assert all(len(name) <= 63 for name in names)


def test_what_a_mirror_fetches_is_kept_beside_what_it_came_with() -> None:
    [mirror] = shipped().beside
    claim, service, deployment = shared.manifests("lab", mirror, 5001, keeps="/srv/mirror")
    assert (
        claim["metadata"]["name"]
        == deployment["metadata"]["name"]
        == service["metadata"]["name"]
        == mirror.name
    )
    spec = deployment["spec"]["template"]["spec"]
    assert spec["initContainers"][0]["command"][-1] == "cp -Rn /srv/mirror/. /kept/"
    assert spec["containers"][0]["volumeMounts"] == [{"name": "kept", "mountPath": "/srv/mirror"}]
    assert spec["volumes"] == [{"name": "kept", "persistentVolumeClaim": {"claimName": mirror.name}}]
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    without = shared.manifests("lab", mirror, 5001, keeps="/srv/mirror", has_storage=False)
    assert [each["kind"] for each in without] == ["Service", "Deployment"]
    assert "emptyDir" in without[1]["spec"]["template"]["spec"]["volumes"][0]


def test_a_mirror_that_keeps_nothing_needs_no_storage_and_no_token() -> None:
    [mirror] = shipped().beside
    service, deployment = shared.manifests("lab", mirror, 5001)
    spec = deployment["spec"]["template"]["spec"]
    assert "volumes" not in spec
    assert "activeDeadlineSeconds" not in spec
    assert spec["automountServiceAccountToken"] is False
    assert spec["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert service["spec"]["ports"] == [{"port": 5001, "targetPort": 5001, "protocol": "TCP"}]
