"""What a seat's pod is made with on a cluster, where the workshop does not say it itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from podlab.engines.kubernetes.lab.bounds import reserving
from podlab.engines.kubernetes.lab.ground import SEATS

if TYPE_CHECKING:
    from podlab.model import PodSpec

_TOLD: Final[dict[str, Any]] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "serviceAccountName": SEATS,
}


def fitted(spec: PodSpec) -> PodSpec:
    """Without a way to the API server, nor the names of the namespace's Services; and with requests, without which a
    node keeps all free that a seat may take."""
    return reserving(replace(spec, for_cluster={**_TOLD, **spec.for_cluster}))
