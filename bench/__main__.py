"""`python -m bench [pod|seats|start|growth|claims|room|terminal]… [--rounds N] [--quick] [--write PAGE]`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench import ground
from bench.rounds import progress, reason
from bench.table import write
from podlab.errors import PodlabError

SUITES = {"pod": 20, "seats": 3, "start": 20, "growth": 7, "claims": 2, "room": 3, "terminal": 5}
"""And the rounds of each, unless told."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__import__("bench").__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"{', '.join(SUITES)}; default: all")
    parser.add_argument("--rounds", type=int, metavar="N", help="default: " + str(SUITES))
    parser.add_argument("--quick", action="store_true", help="two rounds, few seats: does it work?")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into this page, too")
    options = parser.parse_args()
    if wrong := set(options.suites) - SUITES.keys():
        parser.error(f"no such suite: {', '.join(wrong)}; there are {', '.join(SUITES)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it clears up after itself, too
    try:
        asyncio.run(measure(options))
    except KeyboardInterrupt:
        progress("")
        return 130
    except (PodlabError, RuntimeError, OSError) as error:
        print(f"\nbench: {reason(error)}", file=sys.stderr)
        return 1
    return 0


async def measure(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{ground.PREFIX}-") as path:
        folder = Path(path)
        async with ground.prepared(folder) as api:
            facts = await ground.facts(api)
            facts["measured"] = f"{datetime.now(UTC):%Y-%m-%d}"
            _show("machine", "\n".join(f"- {what}: {value}" for what, value in facts.items()), options.write)
            for suite in options.suites or SUITES:
                rounds = options.rounds or (2 if options.quick else SUITES[suite])
                measure_suite = import_module(f"bench.{suite}").suite
                try:
                    text = await measure_suite(api, folder, rounds=rounds, quick=options.quick)
                except RuntimeError as error:
                    text = f"**Not measured:** {reason(error)}"
                _show(suite, f"{text}\n\nMedians of {rounds} interleaved rounds.", options.write)


def _show(suite: str, text: str, page: Path | None) -> None:
    print(f"\n## {suite}\n{text}", flush=True)
    if page:
        write(page, suite, text)


if __name__ == "__main__":
    sys.exit(main())
