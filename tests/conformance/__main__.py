"""`python -m tests.conformance [NAME…]`: the manifests on the cluster that kubectl reaches; a line each."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys

from tests.conformance.case import Case, load_all
from tests.conformance.kubectl import Kubectl
from tests.conformance.runner import run


def main() -> int:
    """0 where all behave as expected, 1 where one does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="Only these.")
    parser.add_argument("--namespace", default="podlab-conformance", help="Made, and removed at the end.")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--slower", type=float, default=3.0, help="How much longer things may take.")
    parser.add_argument("--offers", default="", help="What the cluster has: storage")
    words = parser.parse_args()
    version = json.loads(_kubectl("version", "-o", "json"))["serverVersion"]
    numbers = (int(version["major"]), int(version["minor"].rstrip("+")))
    target = Kubectl(words.namespace, numbers, frozenset(words.offers.split(",")))
    cases = [each for each in load_all() if not words.names or each.name in words.names]
    _kubectl("create", "namespace", words.namespace)
    try:
        differing = asyncio.run(_all(target, cases, words.at_once, words.slower))
    finally:
        _kubectl("delete", "namespace", words.namespace, "--wait=false")
    print(f"{len(cases)} manifests on Kubernetes {numbers[0]}.{numbers[1]}: {differing} differ")
    return 1 if differing else 0


async def _all(target: Kubectl, cases: list[Case], at_once: int, slower: float) -> int:
    places = asyncio.Semaphore(at_once)

    async def one(case: Case) -> bool:
        if case.since > target.version or case.needs - target.offers:
            print(f"SKIP  {case.name}: needs {'.'.join(map(str, case.since))} {' '.join(case.needs)}")
            return True
        async with places:
            found = await run(target, case, slower=slower)
        print(f"{'DIFF' if found else 'SAME'}  {case.name}", *found, sep="\n      ")
        return not found

    return (await asyncio.gather(*(one(case) for case in cases))).count(False)


def _kubectl(*words: str) -> str:
    return subprocess.run(["kubectl", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
