"""Names and labels: how a pod is found again on an engine by any podlab, on any machine.

There is no other state: whoever can list containers and volumes by these labels knows every pod.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final, NewType

PodName = NewType("PodName", str)

POD: Final = "podlab.io/pod"
"""On every container and volume of a pod: the pod's name."""
CONTAINER: Final = "podlab.io/container"
"""On a member: its name in the pod. On the infra container: `infra`."""
ROLE: Final = "podlab.io/role"
"""`infra`, `member`, `volume`, `spec`, `status`, `network`, `object`, `claim` or `last-words`."""
HASH: Final = "podlab.io/hash"
"""What the container was made from; equal hashes need no change."""
SHAPE: Final = "podlab.io/shape"
"""On a member: the same without what can change while it runs. Equal shapes need no new container."""
SPEC: Final = "podlab.io/spec"
"""The whole pod as JSON: on the infra container for generation 1, with a copy on the first member; else on the newest
`spec` volume."""
STATUS: Final = "podlab.io/status"
"""On the newest `status` volume: what the node knows of the pod, as JSON, without what happened."""
HISTORY: Final = "podlab.io/history"
"""On the same volume: what happened, as JSON."""
GENERATION: Final = "podlab.io/generation"
"""Which version of the wanted state this is: 1, 2, …"""
OBJECT: Final = "podlab.io/object"
"""On a volume that keeps an object, or a claim's data: the object's kind and name, such as `ConfigMap/web`."""
CONTENT: Final = "podlab.io/content"
"""On the first of these: the object as JSON, a Secret without its values."""
SEALED: Final = "podlab.io/sealed"
"""The values of a Secret, which only podlab's key opens."""
SEALED_WITH: Final = "podlab.io/sealed-with"
"""Which key that is."""
ADDRESS: Final = "podlab.io/address"
"""On a member whose environment shows the pod's addresses: those that it shows."""
PUBLISHES: Final = "podlab.io/publishes"
"""On a publisher: the port that it publishes for a pod that was there already, such as `127.0.0.1:8080:80/tcp`."""
OWNER_KIND: Final = "podlab.io/owner-kind"
"""On a pod of a workload, and on a Job of a CronJob: what made it, such as `Deployment`."""
OWNER_NAME: Final = "podlab.io/owner-name"
"""The name of that."""
REVISION: Final = "podlab.io/revision"
"""On a pod of a workload: which template it was made of."""
OF_OWNER: Final = (OWNER_KIND, OWNER_NAME, REVISION)
"""By which a workload finds its pods: a copy of one has none of them."""
STOPS: Final = "podlab.io/stops"
"""On a member that has a preStop hook or is a sidecar: what its stop takes, as JSON (`translate.stops`)."""
LAST_WORDS: Final = "podlab.io/last-words"
"""On a member that says where it leaves its termination message: the policy and the path."""
DEADLINE: Final = "podlab.io/deadline"
"""On the infra container of a pod with a lifetime: when it ends, in seconds since the epoch."""
VERSION: Final = "podlab.io/version"
"""The label scheme: `1`. A podlab that reads a higher one refuses rather than guesses."""
BUILT_FROM: Final = "podlab.io/built-from"
"""On an image that podlab built because it could not be pulled: from what, such as `debian bookworm`."""

RECIPE: Final = "podlab.io/recipe"
"""On such an image: the digest of the recipe."""

MIRROR_IMAGE: Final = "podlab/mirror:latest"
"""The image of a registry that holds what seats pull; podlab makes it (`podlab.images.mirror`)."""
PYTHON_IMAGE: Final = "podlab/python:latest"
"""The image that podlab itself runs on in a container; podlab makes it."""
PORTAL_IMAGE: Final = "podlab/portal"
"""The image that a portal in a cluster runs from, without its tag; podlab makes it (`podlab.images.portal`)."""
AGENT_VERSION: Final = "podlab.io/agent"
"""On the agent's container: the version of podlab in it."""
FIREWALL_IMAGE: Final = "podlab/firewall:latest"
"""The image of the container that sets the machine's firewall; podlab makes it."""
SHARED_PORTS: Final = range(25001, 25017)
"""Of the isolated pods' gateway: the one thing of the engine's machine that they may reach. Mirrors listen there."""
LABEL_SCHEME: Final = "1"
INFRA: Final = "infra"
NETWORK: Final = "podlab"
"""The bridge that plain pods share; they find each other there by pod name."""
ISOLATED_NETWORK: Final = "podlab-isolated"
"""The bridge on which no pod reaches another."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def is_dns_label(name: str) -> bool:
    """Whether Kubernetes takes it as a container's name (RFC 1123 label, at most 63 characters).

    https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
    """
    return _DNS_LABEL.fullmatch(name) is not None


def container(pod: str, name: str) -> str:
    """The engine's name of a pod's container: `podlab-web-app`; the infra's is `podlab-web-infra`."""
    return f"podlab-{pod}-{name}"


def former(pod: str, name: str) -> str:
    """The engine's name of the container that was before this one. It has a dot, which no member's own name has."""
    return f"{container(pod, name)}.former"


def volume(pod: str, name: str) -> str:
    """The engine's name of a pod's emptyDir volume. Containers and volumes are separate name spaces."""
    return f"podlab-{pod}-{name}"


def bounds_volume(pod: str, key: str) -> str:
    """The engine's name of the volume that tells which bounds of a whole pod are held."""
    return f"podlab-{pod}-bounds.{key}"


def spec_volume(pod: str, generation: int) -> str:
    """The engine's name of the volume whose labels hold a later version of the wanted state."""
    return f"podlab-{pod}-spec.{generation}"


def status_volume(pod: str, generation: int) -> str:
    """The engine's name of the volume whose labels hold what the node knows of the pod."""
    return f"podlab-{pod}-status.{generation}"


def removal_volume(pod: str) -> str:
    """The engine's name of the volume that is there from the beginning of a pod's removal to its end."""
    return f"podlab-{pod}-removal.begun"


def last_words_volume(pod: str, container: str) -> str:
    """The engine's name of the volume with a container's termination message."""
    return f"podlab-{pod}-{container}.last-words"


def object_volume(kind: str, name: str, generation: int) -> str:
    """The engine's name of the volume whose labels keep a version of an object. The dot after `podlab` keeps it apart
    from all that belongs to a pod."""
    return f"podlab.{kind.lower()}.{_short(name)}.{generation}"


def claim_volume(name: str) -> str:
    """The engine's name of the volume with a claim's data."""
    return f"podlab.claim.{_short(name)}"


_LONGEST: Final = 200
"""A volume's name is a folder's, which has at most 255 bytes; an object's may have 253 characters."""


def _short(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 33]}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def infra_image() -> str:
    """The image of infra containers: it needs `sh`, `sleep` and `nc`. PODLAB_INFRA_IMAGE names another."""
    return os.environ.get("PODLAB_INFRA_IMAGE", "busybox")
