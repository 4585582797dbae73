"""What flows in and out of pods, what is in them, and the objects beside them."""

from __future__ import annotations

from podlab.testing.contract.inside import Inside
from podlab.testing.contract.objects import Objects
from podlab.testing.contract.streams import Streams
from podlab.testing.contract.workloads import Workloads
from tests.engines.kubernetes.case import OnKubernetes


class TestInside(OnKubernetes, Streams, Inside, Objects, Workloads):
    pass
