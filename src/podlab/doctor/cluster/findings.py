"""What to make of a cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from podlab.doctor import seats
from podlab.doctor.cluster import room
from podlab.doctor.cluster.facts import Seat
from podlab.doctor.finding import Finding, Level
from podlab.doctor.limit import USUAL_SEATS
from podlab.doctor.report import Report
from podlab.doctor.seats import Estimate
from podlab.engines.kubernetes.versions import DEBUG_CONTAINERS, SIDECARS, STREAMS_THAT_CLOSE, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podlab.doctor.cluster.facts import Cluster

OLDEST: Final = (1, 20)
_SECURITY: Final = "https://kubernetes.io/docs/concepts/security/pod-security-admission/"
_POLICIES: Final = "https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites"
_RBAC: Final = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
_STORAGE: Final = "https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass"
_TAINTS: Final = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"


def report(cluster: Cluster, wanted: int | None = None, seat: Seat | None = None) -> Report:
    """For a workshop's `seat`, or one of the tutorial's."""
    seat = seat or Seat()
    limits = room.limits(cluster, seat)
    estimate = Estimate(fits=limits[0].fits, limits=tuple(limits)) if limits else None
    found = [
        *_cluster(cluster),
        *_rights(cluster),
        *_isolation(cluster, seat),
        *_storage(cluster),
        *_room(cluster, seat),
        *(each.finding(USUAL_SEATS if wanted is None else wanted) for each in limits),
        _seats(cluster, estimate, wanted),
    ]
    return Report(findings=tuple(found), seats=estimate, wanted_seats=wanted)


def _cluster(cluster: Cluster) -> Iterator[Finding]:
    version = parsed(cluster.version)
    yield Finding(
        id="cluster.server",
        title="API server",
        level=Level.OK,
        found=f"Kubernetes {cluster.version} at {cluster.server}, chosen by {cluster.chosen_by}",
    )
    missing = [
        f"{what} ({since[0]}.{since[1]})"
        for what, since in (
            ("sidecars", SIDECARS),
            ("debug containers in a pod", DEBUG_CONTAINERS),
            ("ending a command's input alone", STREAMS_THAT_CLOSE),
        )
        if version < since
    ]
    if version < OLDEST:
        yield Finding(
            id="cluster.version",
            title="version",
            level=Level.PROBLEM,
            found=f"{cluster.version} is older than what podlab was tried with, 1.20",
            fix="a newer cluster",
        )
    else:
        yield Finding(
            id="cluster.version",
            title="version",
            level=Level.NOTE if missing else Level.OK,
            found=f"it has no {', no '.join(missing)}" if missing else "it has all that podlab makes use of",
            link="https://kubernetes.io/releases/" if missing else "",
        )


def _rights(cluster: Cluster) -> Iterator[Finding]:
    yield Finding(
        id="rights.pods",
        title="rights for pods",
        level=Level.PROBLEM if cluster.lacking else Level.OK,
        found=f"in namespace '{cluster.namespace}' we may not: {', '.join(cluster.lacking)}"
        if cluster.lacking
        else f"all that podlab needs in namespace '{cluster.namespace}'",
        fix="somebody has to bind a Role with these verbs to you: kubectl create role, kubectl create rolebinding"
        if cluster.lacking
        else "",
        link=_RBAC,
    )
    yield Finding(
        id="rights.classes",
        title="rights for classes",
        level=Level.WARNING if cluster.lacking_to_deploy else Level.OK,
        found=f"podlab serve and podlab deploy want, and we may not: {', '.join(cluster.lacking_to_deploy)}"
        if cluster.lacking_to_deploy
        else "namespaces and all that is in them",
        fix="somebody with these rights applies what `podlab deploy kubernetes DIR -o manifests` writes"
        if cluster.lacking_to_deploy
        else "",
        link=_RBAC,
    )


def _isolation(cluster: Cluster, seat: Seat) -> Iterator[Finding]:
    tried = cluster.probed
    if tried.holds_pod_security is None:
        yield _unknown("isolation.pod-security", "pod security", tried.why)
    else:
        yield Finding(
            id="isolation.pod-security",
            title="pod security",
            level=Level.OK if tried.holds_pod_security else Level.NOTE,
            found="a namespace's label keeps privileged pods out; tried"
            if tried.holds_pod_security
            else "the cluster passes over a namespace's label; tried",
            fix="" if tried.holds_pod_security else "Kubernetes keeps it from 1.23 on",
            link=_SECURITY,
        )
    if tried.takes_privileged is False:
        yield Finding(
            id="isolation.privileged",
            title="privileged pods",
            level=Level.PROBLEM if seat.is_privileged else Level.NOTE,
            found=f"refused: {tried.refusal}",
            fix="seats with a Docker daemon need them: another cluster, or an exception of its policy",
            link=_SECURITY,
        )
    if tried.holds_policies is None:
        yield _unknown("isolation.network", "network policies", tried.why)
        return
    yield Finding(
        id="isolation.network",
        title="network policies",
        level=Level.OK if tried.holds_policies else Level.WARNING,
        found="a pod that a policy closes is not reached; tried"
        if tried.holds_policies
        else "the cluster's network passes over them; tried: seats reach each other and the API server",
        fix="" if tried.holds_policies else "a network that enforces them, such as Calico or Cilium",
        link=_POLICIES,
    )


def _unknown(id: str, title: str, why: str) -> Finding:
    return Finding(
        id=id, title=title, level=Level.WARNING, found=f"not tried: {why or 'it could not be'}",
        fix="put the image where the nodes get it, and ask again with rights for namespaces",
    )  # fmt: skip


def _storage(cluster: Cluster) -> Iterator[Finding]:
    if cluster.storage_classes is None:
        found, level = "we may not look at storage classes", Level.NOTE
    elif cluster.default_storage:
        found, level = f"claims get a volume of class '{cluster.default_storage}'", Level.OK
    else:
        there = ", ".join(cluster.storage_classes) or "none"
        found, level = f"no class is the default one (there are: {there})", Level.WARNING
    yield Finding(
        id="storage.class",
        title="storage class",
        level=level,
        found=found,
        fix="--storage-class names one for the portal's volume; without, a mirror that caches forgets with its pod"
        if level is not Level.OK
        else "",
        link=_STORAGE,
    )


def _room(cluster: Cluster, seat: Seat) -> Iterator[Finding]:
    if cluster.nodes is None:
        yield Finding(
            id="room.known", title="nodes", level=Level.NOTE, found="we may not look at nodes and all pods",
            fix="ask somebody who may: podlab doctor --engine kubernetes",
        )  # fmt: skip
        return
    suiting = [each.name for each in cluster.nodes if room.suits(each, seat)]
    others = len(cluster.nodes) - len(suiting)
    yield Finding(
        id="room.known",
        title="nodes",
        level=Level.OK if suiting else Level.PROBLEM,
        found=f"{len(suiting)} take seats" + (f", {others} do not" if others else ""),
        fix="nodeSelector and tolerations in podlab.yaml name them; kubectl describe node tells what is in the way",
        link=_TAINTS,
    )
    if seat.is_privileged and suiting and not seat.selector:
        yield Finding(
            id="room.own",
            title="nodes of their own",
            level=Level.WARNING,
            found="privileged seats may come to any node, and whoever has one can take over its node",
            fix="label and taint nodes for them, and say nodeSelector and tolerations in podlab.yaml",
            link=_TAINTS,
        )


def _seats(cluster: Cluster, estimate: Estimate | None, wanted: int | None) -> Finding:
    if cluster.nodes is None:
        return Finding(
            id="seats.fit", title="seats", level=Level.NOTE, found="unknown: we may not look at the nodes"
        )
    return seats.finding(estimate, wanted)
