"""Containers: started, ended, in their order. In three files, so that two workers can share them."""

from __future__ import annotations

from podlab.testing.contract.containers import Containers
from podlab.testing.contract.debugging import Debugging
from podlab.testing.contract.ending import Ending
from podlab.testing.contract.node import Node
from tests.engines.podman.case import OnPodman


class TestContainers(OnPodman, Containers, Debugging, Ending, Node):
    pass
