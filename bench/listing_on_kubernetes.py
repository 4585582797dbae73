"""How long `podlab ps` takes for a namespace full of pods, beside `kubectl get pods` and `-o json`, in turns.

    python -m bench.listing_on_kubernetes [--pods N] [--rounds N]

Needs a cluster (KUBECONFIG). The pods fit no node, so that the cluster has nothing to do: what is measured is the
command, the API server's answer to it included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import uuid

from bench.rounds import Results, run
from bench.shell import turn
from bench.table import absent, markdown, seconds, times
from podlab.engines.kubernetes.manifest import manifest
from podlab.model import Container, Metadata, Pod, PodSpec

BASE = "kubectl get pods"


def pod(number: int) -> Pod:
    app = Container(name="app", image="busybox", command=("sleep", "infinity"))
    spec = PodSpec(containers=(app,), for_cluster={"nodeSelector": {"podlab.io/bench": "none"}})
    return Pod(metadata=Metadata(name=f"pod-{number}"), spec=spec)


def table(results: Results) -> str:
    rows = [
        [
            f"`{peer}`",
            seconds(results.median(peer, "run")),
            times(results.ratio(peer, BASE, "run")),
            seconds(results.median(peer, "run", "own_cpu_s")),
        ]
        for peer in results.readings
    ]
    return markdown(["", "time", f"× {BASE}", "CPU of the command"], rows) + absent(results)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pods", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    namespace = f"bench-{uuid.uuid4().hex[:6]}"
    subprocess.run(["kubectl", "create", "namespace", namespace], check=True, stdout=subprocess.DEVNULL)
    try:
        items = [manifest(pod(number)) for number in range(asked.pods)]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        create = ["kubectl", "--namespace", namespace, "create", "-f", "-"]
        subprocess.run(create, input=text, text=True, check=True, capture_output=True)
        commands = {
            "podlab ps": f"podlab --engine kubernetes/{namespace} ps",
            "podlab ps -o json": f"podlab --engine kubernetes/{namespace} ps -o json",
            BASE: f"kubectl --namespace {namespace} get pods",
            f"{BASE} -o json": f"kubectl --namespace {namespace} get pods -o json",
        }
        results = asyncio.run(run({name: turn(command) for name, command in commands.items()}, asked.rounds))
        print(f"{asked.pods} pods, {asked.rounds} rounds\n\n{table(results)}")
    finally:
        subprocess.run(["kubectl", "delete", "namespace", namespace, "--wait=false"], check=True)


if __name__ == "__main__":
    main()
