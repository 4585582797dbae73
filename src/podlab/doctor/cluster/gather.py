"""Asks a cluster what it is, what we may do there, and what its nodes have left."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from podlab import quantity
from podlab.doctor.cluster.facts import Cluster, Node, Probed
from podlab.doctor.cluster.probing import probed
from podlab.errors import Denied, PodlabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from podlab.engines.kubernetes.engine import KubernetesEngine

_CORE: Final = ""
NEEDED: Final = (
    (_CORE, "pods", "", "create delete get list patch watch"),
    (_CORE, "pods", "exec", "create get"),
    (_CORE, "pods", "portforward", "create get"),
    (_CORE, "pods", "log", "get"),
    (_CORE, "events", "", "list"),
    ("networking.k8s.io", "networkpolicies", "", "create get list"),
)
"""For pods and seats: API group, resource, subresource, verbs."""
TO_DEPLOY: Final = (
    (_CORE, "namespaces", "", "create delete get patch"),
    (_CORE, "resourcequotas", "", "create get patch"),
    (_CORE, "limitranges", "", "create get patch"),
    (_CORE, "serviceaccounts", "", "create get patch"),
    (_CORE, "services", "", "create get patch delete"),
    (_CORE, "configmaps", "", "create get patch"),
    (_CORE, "persistentvolumeclaims", "", "create get patch"),
    ("apps", "deployments", "", "create get patch delete"),
    ("networking.k8s.io", "networkpolicies", "", "patch delete"),
    ("networking.k8s.io", "ingresses", "", "create get patch"),
    ("rbac.authorization.k8s.io", "roles", "", "create get patch"),
    ("rbac.authorization.k8s.io", "rolebindings", "", "create get patch"),
)
"""The same for `podlab serve`, which makes a namespace, and `podlab deploy`."""
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_OVER: Final = frozenset({"Succeeded", "Failed"})


async def gather(engine: KubernetesEngine, *, progress: Callable[[str], None] = lambda text: None) -> Cluster:
    """`Unavailable`, `Denied` and the like where not even the version can be asked for."""
    client = engine.client
    version = await engine.version()
    progress("asking what we may do")
    lacking, to_deploy = await asyncio.gather(
        _lacking(engine, NEEDED), _lacking(engine, TO_DEPLOY, everywhere=True)
    )
    classes, default = await _storage(engine)
    nodes = await _nodes(engine)
    if any("namespaces" in each for each in to_deploy):
        tried = Probed(why="we may make no namespace to try it in")
    else:
        progress("trying what pods may do, in a namespace of its own")
        tried = await probed(client)
    return Cluster(
        server=client.access.server,
        chosen_by=client.access.chosen_by,
        version=version,
        namespace=client.namespace,
        lacking=tuple(lacking),
        lacking_to_deploy=tuple(to_deploy),
        storage_classes=classes,
        default_storage=default,
        nodes=nodes,
        probed=tried,
    )


async def _lacking(
    engine: KubernetesEngine, wanted: Sequence[tuple[str, str, str, str]], *, everywhere: bool = False
) -> list[str]:
    """https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access"""
    asked = [
        (group, resource, part, verb) for group, resource, part, verbs in wanted for verb in verbs.split()
    ]
    namespace = "" if everywhere else engine.client.namespace
    may = await asyncio.gather(*(_may(engine, *each, namespace=namespace) for each in asked))
    return [
        f"{verb} {resource}{'/' * bool(part)}{part}"
        for (_, resource, part, verb), is_allowed in zip(asked, may, strict=True)
        if not is_allowed
    ]


async def _may(
    engine: KubernetesEngine, group: str, resource: str, part: str, verb: str, *, namespace: str
) -> bool:
    attributes = {
        "group": group,
        "resource": resource,
        "subresource": part,
        "verb": verb,
        "namespace": namespace,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    found = await engine.client.json(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=body
    )
    return bool((found.get("status") or {}).get("allowed"))


async def _storage(engine: KubernetesEngine) -> tuple[tuple[str, ...] | None, str]:
    try:
        items = (await engine.client.json("GET", "/apis/storage.k8s.io/v1/storageclasses"))["items"]
    except Denied:
        return None, ""
    default = [
        each["metadata"]["name"]
        for each in items
        if (each["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    ]
    return tuple(each["metadata"]["name"] for each in items), default[0] if default else ""


async def _nodes(engine: KubernetesEngine) -> tuple[Node, ...] | None:
    try:
        nodes = (await engine.client.json("GET", "/api/v1/nodes"))["items"]
        pods = (await engine.client.json("GET", "/api/v1/pods"))["items"]
    except PodlabError:
        return None
    taken: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for pod in pods:
        if (name := pod["spec"].get("nodeName")) and pod["status"].get("phase") not in _OVER:
            for key, value in requested(pod["spec"]).items():
                taken[name][key] += value
    return tuple(_node(each, taken[each["metadata"]["name"]]) for each in nodes)


def _node(found: Mapping[str, Any], taken: Mapping[str, Decimal]) -> Node:
    allocatable = found["status"].get("allocatable") or {}
    conditions = {each["type"]: each["status"] for each in found["status"].get("conditions") or ()}
    return Node(
        name=found["metadata"]["name"],
        is_ready=conditions.get("Ready") == "True" and not found["spec"].get("unschedulable"),
        free={
            key: quantity.parse(allocatable.get(key, "0")) - taken.get(key, Decimal(0))
            for key in ("cpu", "memory", "pods")
        },
        labels=found["metadata"].get("labels") or {},
        taints=tuple(found["spec"].get("taints") or ()),
    )


def requested(spec: Mapping[str, Any]) -> dict[str, Decimal]:
    """As the scheduler counts a pod: its containers together or its largest init container, and its overhead."""

    def of(container: Mapping[str, Any], key: str) -> Decimal:
        return quantity.parse(((container.get("resources") or {}).get("requests") or {}).get(key, "0"))

    first = spec.get("initContainers") or ()
    found = {"pods": Decimal(1)}
    for key in ("cpu", "memory"):
        beside = [*spec["containers"], *(each for each in first if each.get("restartPolicy") == "Always")]
        whole = sum((of(each, key) for each in beside), Decimal(0))
        overhead = quantity.parse((spec.get("overhead") or {}).get(key, "0"))
        found[key] = max([whole, *(of(each, key) for each in first)]) + overhead
    return found
