"""Pods: wanted, found, published. In three files, so that workers can share them."""

from __future__ import annotations

from podlab.testing.contract.found import Found
from podlab.testing.contract.publishing import Publishing
from podlab.testing.contract.wanted import Wanted
from tests.engines.kubernetes.case import OnKubernetes


class TestPods(OnKubernetes, Wanted, Publishing, Found):
    pass
