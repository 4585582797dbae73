"""Inside of containers: streams, files, namespaces, objects. In three files, so that two workers can share them."""

from __future__ import annotations

from podlab.testing.contract.inside import Inside
from podlab.testing.contract.objects import Objects
from podlab.testing.contract.streams import Streams
from podlab.testing.contract.workloads import Workloads
from tests.engines.podman.case import OnPodman


class TestInside(OnPodman, Streams, Inside, Objects, Workloads):
    pass
