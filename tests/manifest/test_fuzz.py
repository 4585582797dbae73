"""Ten thousand mutations of real manifests: each gives objects or problems. No other error, no long wait, no memory
without bound. `PODLAB_FUZZ_SEED` and `PODLAB_FUZZ_COUNT` repeat or widen a run; what fails names its number."""

from __future__ import annotations

import os
import random
import re
import resource
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from podlab.errors import Invalid
from tests.manifest.manifest_texts import GOOD, WORKSHOP, read
from tests.workloads.texts import WORKLOADS

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("PODLAB_FUZZ_SEED", "1"))
COUNT = int(os.environ.get("PODLAB_FUZZ_COUNT", "10000"))
SHARES = 4
"""So many tests, so that they run side by side."""
LONGEST_S = 2.0
"""Of the processor's time, for one text; of the first 10,000 the longest took 0.46."""
MOST_BYTES = 64 * 1024 * 1024

Text = str
Mutation = Callable[[random.Random, Text], Text]

SPECIAL = (
    "\t", ":", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "!!binary ", "|", ">", "'", '"', "#", "%", "@",
    "`", "\\", "?", "\n", "  ", "---\n", "...\n", "<<: ", "~", "null", "-1", "0", "1e999", "9" * 30, "é", "\u2028",
    "\x00", "\ufeff", "\U0001f600", "\x1b[31m", "0x", "1_000", ".inf", "=", ",,", "\r", '"\\UFFFFFFFF"',
)  # fmt: skip
VALUES = (
    "", "~", "1", "-1", "1.5", "yes", "true", "[]", "{}", "[~]", "[[]]", "{a: b}", '""', "text", "9" * 25, '"\\0"',
    "-9223372036854775809", "0777", "25%", "1Gi", "[1, a, {b: c}]", "{name: x, value: 1}", "&b [*b]", "!!str 1", "'é'",
    "a" * 300, "$(A)", "../..", "/", "//", "UDP", "Always",
)  # fmt: skip


def bytes_(random: random.Random, text: Text) -> Text:
    """One to eight characters lost, doubled or replaced, wherever."""
    for _ in range(random.randint(1, 8)):
        at, length = random.randrange(len(text) + 1), random.randint(0, 4)
        text = text[:at] + random.choice((*SPECIAL, "", text[at : at + 3])) + text[at + length :]
    return text


def values(random: random.Random, text: Text) -> Text:
    """Other values for some fields: the YAML stays whole, so that types and checks see what they do not expect."""
    fields = list(re.finditer(r"(?<=: )[^\n,}{\[\]|]+", text))
    for field in sorted(random.sample(fields, min(3, len(fields))), key=lambda each: -each.start()):
        text = text[: field.start()] + random.choice(VALUES) + text[field.end() :]
    return text


def keys(random: random.Random, text: Text) -> Text:
    """Keys that stand elsewhere, so that fields meet that never do."""
    words = list(re.finditer(r"[A-Za-z]+(?=:)", text))
    other = random.choice(words)[0]
    word = random.choice(words)
    return text[: word.start()] + other + text[word.end() :]


def lines(random: random.Random, text: Text) -> Text:
    """Lines lost, doubled, moved, or pushed in and out."""
    found = text.splitlines(keepends=True)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(found))
        match random.randrange(4):
            case 0:
                del found[at : at + random.randint(1, 3)]
            case 1:
                found.insert(random.randrange(len(found)), found[at])
            case 2:
                found[at] = " " * random.randint(0, 8) + found[at].lstrip(" ")
            case _:
                found[at : at + 1] = [found[at]] * random.randint(2, 200)
        found = found or ["\n"]
    return "".join(found)


def anchors(random: random.Random, text: Text) -> Text:
    """Values that stand for others, also for themselves."""
    fields = list(re.finditer(r"(?<=: )(?=\S)|(?<=- )(?=\S)", text))
    for at in sorted((each.start() for each in random.sample(fields, min(3, len(fields)))), reverse=True):
        text = text[:at] + random.choice(("&x ", "*x ", "<<: *x, ", "!!map ", "&y ", "*y\n")) + text[at:]
    return text


def together(random: random.Random, text: Text) -> Text:
    """Several documents, cut anywhere."""
    other = random.choice(SEEDS)
    return text[: random.randrange(len(text))] + random.choice(("\n---\n", "", "\n...\n")) + other


MUTATIONS: Sequence[Mutation] = (bytes_, values, values, keys, lines, anchors, together)
SEEDS: Sequence[Text] = [
    GOOD,
    WORKSHOP,
    *WORKLOADS,
    *(
        file.read_text()
        for folder in ("examples", "tests/conformance")
        for file in sorted((ROOT / folder).rglob("*.yaml"))
    ),
]


def mutated(number: int) -> Text:
    """The same text for the same number and seed, on every machine."""
    chance = random.Random(f"{SEED}/{number}")
    text = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 2, 4))):
        text = chance.choice(MUTATIONS)(chance, text or "a: b\n")
    return text


def resident_bytes() -> int:
    """The most that this process has ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def answer(text: Text) -> None:
    try:
        read(text.encode("utf-8", "surrogatepass"))
    except Invalid as error:
        assert error.problems
        for line in error.problems:
            assert re.match(r"pod\.yaml:\d+:\d+: .|… and \d+ more", line), line
            assert line.isprintable(), line


@pytest.mark.long
@pytest.mark.parametrize("share", range(SHARES))
def test_ten_thousand_mutations_are_answered(share: int) -> None:
    slowest = (0.0, -1)
    before = resident_bytes()
    for number in range(share, COUNT, SHARES):
        text = mutated(number)
        started = time.process_time()
        try:
            answer(text)
        except Exception as error:
            raise AssertionError(f"number {number} of seed {SEED}: {type(error).__name__}\n{text}") from error
        slowest = max(slowest, (time.process_time() - started, number))
    assert slowest[0] < LONGEST_S, f"number {slowest[1]} of seed {SEED} took {slowest[0]:.1f} s"
    assert resident_bytes() - before < MOST_BYTES


def test_a_few_mutations_are_answered_within_little_memory() -> None:
    """What every run of the tests does of the ten thousand."""
    for number in range(40):
        answer(mutated(number))
    tracemalloc.start()
    try:
        for number in range(40):
            answer(mutated(number))
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_the_same_number_is_the_same_text() -> None:
    assert [mutated(n) for n in range(20)] == [mutated(n) for n in range(20)]
    assert len({mutated(n) for n in range(200)}) > 190
