"""An engine in memory, for tests that want pods but no Docker.

It keeps the promises of `podlab.engines.base` (`tests/testing/test_fake.py` runs the contract on it), its
time is the event loop's, and its containers run the tiny programs of `shell`. Its files are named as the
contract's: `wanted`, `found`, `containers`, `streams`, `inside`; all start from `pods`, and `state` decides.
"""

from podlab.testing.fake.engine import FakeEngine

__all__ = ["FakeEngine"]
