"""`python -m tests.conformance [NAME…]`: the manifests on the cluster that kubectl reaches, with `--on podlab` by
podlab on that cluster, or with `--on docker` on the Docker Engine that podlab reaches and that has an image
`busybox:stable`; a line each."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance.case import Case, load_all
from tests.conformance.kubectl import on_cluster
from tests.conformance.runner import run
from tests.conformance.target import Target
from tests.conformance.with_podlab import on_engine, on_kubernetes


def main() -> int:
    """0 where all behave as expected, 1 where one does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="Only these, or all of a folder.")
    parser.add_argument("--on", choices=["kubectl", "podlab", "docker"], default="kubectl")
    parser.add_argument("--namespace", default="podlab-conformance", help="Made, and removed at the end.")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--slower", type=float, default=3.0, help="How much longer things may take.")
    words = parser.parse_args()
    chosen = set(words.names)
    cases = [each for each in load_all() if not chosen or {each.name, each.area} & chosen]
    on: AbstractAsyncContextManager[Target]
    if words.on == "kubectl":
        on = on_cluster(words.namespace)
    else:
        on = _on_docker() if words.on == "docker" else _on_kubernetes(words.namespace)
    differing = asyncio.run(_all(on, cases, words.at_once, words.slower))
    print(f"{len(cases)} manifests: {differing} differ")
    return 1 if differing else 0


@asynccontextmanager
async def _on_docker() -> AsyncIterator[Target]:
    with TemporaryDirectory() as folder:
        async with on_engine(os.environ["DOCKER_HOST"], Path(folder)) as target:
            yield target


@asynccontextmanager
async def _on_kubernetes(namespace: str) -> AsyncIterator[Target]:
    with TemporaryDirectory() as folder:
        async with (
            on_cluster(namespace),
            on_kubernetes(os.environ["KUBECONFIG"], namespace, Path(folder)) as target,
        ):
            yield target


async def _all(
    on: AbstractAsyncContextManager[Target], cases: list[Case], at_once: int, slower: float
) -> int:
    places = asyncio.Semaphore(at_once)

    async def one(target: Target, case: Case) -> bool:
        if case.since > target.version or case.needs - target.offers:
            print(f"SKIP  {case.name}: needs {'.'.join(map(str, case.since))} {' '.join(case.needs)}")
            return True
        async with places:
            found = await run(target, case, slower=slower)
        print(f"{'DIFF' if found else 'SAME'}  {case.name}", *found, sep="\n      ")
        return not found

    async with on as target:
        return (await asyncio.gather(*(one(target, case) for case in cases))).count(False)


if __name__ == "__main__":
    sys.exit(main())
