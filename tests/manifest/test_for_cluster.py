"""What only a cluster honours: taken as it is written where the engine is one, refused with its place elsewhere."""

from __future__ import annotations

import pytest

from podlab.engines.docker.ability import refuse_what_cannot_be
from podlab.engines.docker.api.features import Features
from podlab.errors import Invalid, Unsupported
from podlab.manifest.emit import emit
from podlab.manifest.loading import load_sources
from podlab.manifest.sources import Source
from podlab.model import Pod
from podlab.wire import decode, encode

TEXT = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeSelector: {lab: "yes"}
  tolerations:
    - {key: lab, operator: Exists, effect: NoSchedule}
  automountServiceAccountToken: false
  containers: [{name: app, image: busybox}]
"""
SAID = {
    "nodeSelector": {"lab": "yes"},
    "tolerations": [{"key": "lab", "operator": "Exists", "effect": "NoSchedule"}],
    "automountServiceAccountToken": False,
}


def loaded(text: str = TEXT, *, for_cluster: bool = True) -> Pod:
    [pod] = load_sources([Source("pod.yaml", text.encode())], for_cluster=for_cluster).pods
    return pod


def test_it_is_kept_as_it_is_written_all_the_way() -> None:
    pod = loaded()
    assert pod.spec.for_cluster == SAID
    written = encode(pod)
    assert written["spec"].items() >= SAID.items()
    assert "forCluster" not in written["spec"]
    assert decode(Pod, written) == pod
    assert loaded(emit(pod)) == pod


def test_elsewhere_each_is_a_problem_with_its_line() -> None:
    with pytest.raises(Invalid) as refused:
        loaded(for_cluster=False)
    lines = [line.split(": ")[0] for line in refused.value.problems]
    assert lines == ["pod.yaml:5:3", "pod.yaml:6:3"], "no token is what happens anyway"


def test_what_nobody_knows_stays_a_problem_on_a_cluster() -> None:
    with pytest.raises(Invalid, match="1 problem"):
        loaded(TEXT.replace("nodeSelector", "nodeSelektor"))


def test_an_engine_refuses_what_reached_it_all_the_same() -> None:
    with pytest.raises(Unsupported, match="nodeSelector, tolerations"):
        refuse_what_cannot_be(loaded(), Features())
