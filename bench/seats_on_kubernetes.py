"""How soon seats are ready on a cluster, beside `kubectl apply` of the very same pods, in turns.

    python -m bench.seats_on_kubernetes [--seats N] [--rounds N] [--tutorial]

Needs a cluster (KUBECONFIG) with the images on its nodes. Each turn makes N pods and waits until all are ready; the
order changes from round to round, and the medians are told. `--tutorial` makes seats of examples/docker-pods, else
each is a busybox with a readiness probe.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from podlab.engines.base import Engine
from podlab.engines.kubernetes.engine import KubernetesEngine
from podlab.engines.kubernetes.manifest import manifest
from podlab.manifest import load
from podlab.manifest.workshop import Workshop
from podlab.workshop.lab import set_up as lab
from podlab.workshop.making import Maker
from podlab.workshop.rehearsal import disguised
from podlab.workshop.seat import Seat, SeatId, State

PLAIN = """\
apiVersion: podlab/v1
kind: Workshop
metadata: {name: bench}
spec:
  lesson: lesson
  terminals: [{name: shell, container: app}]
  pod:
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: busybox
          command: [sleep, infinity]
          resources: {limits: {cpu: 100m, memory: 32Mi}, requests: {cpu: 1m, memory: 4Mi}}
          readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
"""


def workshop(folder: Path, *, is_tutorial: bool) -> Workshop:
    if is_tutorial:
        [found] = load(["examples/docker-pods"]).workshops
        return lab.at_level(found, "privileged")
    (folder / "podlab.yaml").write_text(PLAIN)
    [found] = load([folder]).workshops
    return found


def seats(maker: Maker, count: int) -> list[Seat]:
    return [
        Seat(id=SeatId(n), pod=maker.pod_name(n), state=State.MAKING, created_at=time.time())
        for n in range(1, count + 1)
    ]


async def by_podlab(maker: Maker, wanted: list[Seat]) -> float:
    began = time.monotonic()
    await asyncio.gather(*(maker.make(each, pristine=False) for each in wanted))
    return time.monotonic() - began


def by_kubectl(namespace: str, file: Path, names: list[str]) -> float:
    began = time.monotonic()
    command = ["kubectl", "--namespace", namespace]
    subprocess.run([*command, "apply", "-f", file], check=True, capture_output=True)
    pods = [f"pod/{name}" for name in names]
    subprocess.run(
        [*command, "wait", "--for=condition=Ready", "--timeout=300s", *pods], check=True, capture_output=True
    )
    return time.monotonic() - began


async def away(engine: Engine, wanted: list[Seat]) -> None:
    await asyncio.gather(*(engine.delete(each.pod, grace_s=0) for each in wanted))
    await asyncio.sleep(3)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seats", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tutorial", action="store_true")
    asked = parser.parse_args()
    connected = await KubernetesEngine.connect()
    with tempfile.TemporaryDirectory() as folder:
        made = disguised(workshop(Path(folder), is_tutorial=asked.tutorial))
        engine = lab.at_lab(connected, made)
        assert isinstance(engine, KubernetesEngine)
        try:
            ready = await lab.set_up(engine, made, _no_images, seats=asked.seats)
            maker = Maker(engine, ready.workshop, "bench")
            wanted = seats(maker, asked.seats)
            file = Path(folder) / "pods.json"
            file.write_text(
                json.dumps(
                    {"apiVersion": "v1", "kind": "List", "items": [manifest(maker.pod(s)) for s in wanted]}
                )
            )
            took: dict[str, list[float]] = {"podlab": [], "kubectl": []}
            for number in range(asked.rounds):
                for who in ("podlab", "kubectl") if number % 2 else ("kubectl", "podlab"):
                    took[who].append(
                        await by_podlab(maker, wanted)
                        if who == "podlab"
                        else await asyncio.to_thread(
                            by_kubectl, engine.client.namespace, file, [each.pod for each in wanted]
                        )
                    )
                    await away(engine, wanted)
            ratios = [one / other for one, other in zip(took["podlab"], took["kubectl"], strict=True)]
            print(json.dumps({key: [round(each, 2) for each in value] for key, value in took.items()}))
            print(
                f"{asked.seats} seats: podlab {statistics.median(took['podlab']):.2f} s, kubectl "
                f"{statistics.median(took['kubectl']):.2f} s, paired ratio {statistics.median(ratios):.2f}"
            )
        finally:
            await lab.take_down(engine, made)
            await connected.close()


async def _no_images(workshop: Workshop) -> None:
    pass


if __name__ == "__main__":
    asyncio.run(main())
