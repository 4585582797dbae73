"""The suite that every engine passes: each promise of `podlab.engines.base` as a test.

Subclass `EngineContract` in a test module as `TestSomething`, with two fixtures: `engine` (connected) and
`image` (the reference of an image on it that has busybox); where others use that engine at the same time, a
third one, `alone`, gives an engine that nobody else uses. The programs that it runs exist in
Debian's busybox-static and in `podlab.testing.fake.shell`.
"""

from podlab.testing.contract.containers import Containers
from podlab.testing.contract.debugging import Debugging
from podlab.testing.contract.ending import Ending
from podlab.testing.contract.found import Found
from podlab.testing.contract.inside import Inside
from podlab.testing.contract.node import Node
from podlab.testing.contract.objects import Objects
from podlab.testing.contract.publishing import Publishing
from podlab.testing.contract.streams import Streams
from podlab.testing.contract.wanted import Wanted
from podlab.testing.contract.workloads import Workloads


class EngineContract(
    Wanted, Publishing, Found, Containers, Debugging, Ending, Streams, Inside, Node, Objects, Workloads
):
    """All of it."""


__all__ = ["EngineContract"]
