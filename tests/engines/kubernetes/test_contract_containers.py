"""A pod's containers: begun, ended, brought up by their node, and made anew."""

from __future__ import annotations

from podlab.testing.contract.containers import Containers
from podlab.testing.contract.debugging import Debugging
from podlab.testing.contract.ending import Ending
from podlab.testing.contract.node import Node
from tests.engines.kubernetes.case import OnKubernetes


class TestContainers(OnKubernetes, Containers, Debugging, Ending, Node):
    pass
