"""What a portal in the cluster may do: with seats of its own workshop, in their namespace, and nothing else.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/ . Whoever may make privileged pods may have the nodes:
where seats are privileged, so is their portal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

SEATS: Final[Sequence[tuple[str, str, str]]] = (
    ("", "pods", "create delete get list patch watch"),
    # The API server asks for `get` of whoever comes with a websocket, newer ones for `create` as well.
    ("", "pods/exec", "create get"),
    ("", "pods/portforward", "create get"),
    ("", "pods/log", "get"),
    ("", "events", "list"),
    ("networking.k8s.io", "networkpolicies", "get list"),
)
"""API group, resource and verbs."""


def role(name: str, *, mirror: str, ground: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """`mirror` is what it looks after without changing it; empty where there is none. `ground` has group, resource and
    name of what was laid: the portal looks whether it is as it should be."""
    rules = [_rule(group, [resource], verbs.split()) for group, resource, verbs in SEATS]
    rules += [_rule(group, [resource], ["get"], names=[each]) for group, resource, each in ground]
    if mirror:
        rules.append(_rule("apps", ["deployments"], ["get"], names=[mirror]))
        rules.append(_rule("", ["services", "persistentvolumeclaims"], ["get"], names=[mirror]))
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name},
        "rules": rules,
    }


def binding(name: str, *, account: str, namespace: str) -> dict[str, Any]:
    """The role of that name, in the seats' namespace, for an account of another."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def _rule(
    group: str, resources: list[str], verbs: list[str], *, names: list[str] | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {"apiGroups": [group], "resources": resources, "verbs": verbs}
    return made | ({"resourceNames": names} if names else {})
