from __future__ import annotations

import json
import time

import pytest

from podlab.manifest.nodes import Mapping, Node, Scalar, children
from podlab.manifest.report import Report
from podlab.manifest.scalars import resolve
from podlab.manifest.text import MAX_BYTES
from podlab.manifest.yaml import parse
from tests.manifest.manifest_texts import GOOD, pod, read, refused


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in children(node)}
    return [plain(value) for _, value in children(node)]


def parsed(text: str | bytes) -> list[object]:
    report = Report("pod.yaml")
    nodes = parse(text.encode() if isinstance(text, str) else text, report)
    assert report.problems() == []
    return [plain(node) for node in nodes]


def told(text: str | bytes) -> list[str]:
    report = Report("f")
    parse(text.encode() if isinstance(text, str) else text, report)
    return report.problems()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False),
        ("no", "no"), ("on", "on"), ("2026-11-22", "2026-11-22"), ("12:30", "12:30"),
        ("0", 0), ("-7", -7), ("+7", 7), ("0644", 420), ("0o644", 420), ("0x1F", 31), ("08", 8.0),
        ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), (".inf", ".inf"), (".nan", ".nan"), ("1e999", "1e999"),
        ("500m", "500m"), ("64Mi", "64Mi"), ("1_000", "1_000"), ("9" * 5000, "9" * 5000),
        ("-", "-"), ("1.2.3", "1.2.3"),
    ],
)  # fmt: skip
def test_a_plain_word_means_what_it_means_to_kubernetes(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quotes_and_tags_make_text() -> None:
    assert parsed('["1", \'1\', !!str 1, ! 1, !!int "1", |\n  1\n]'.replace("|\n  1\n", "1")) == [
        ["1", "1", "1", "1", 1, 1]
    ]


def test_documents_are_apart_and_empty_ones_are_skipped() -> None:
    assert parsed("---\n# nothing\n---\na: 1\n...\n---\nb: 2\n---\n") == [{"a": 1}, {"b": 2}]


def test_json_is_yaml_with_tabs_and_escapes() -> None:
    data = {"a": [1, 2.5, None, True, 'x\ty"z\u00e9'], "b": {}}
    assert parsed(json.dumps(data, indent="\t", ensure_ascii=False)) == [data]
    assert parsed(json.dumps(data)) == [data]


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    assert parsed(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n") == [{"a": 1, "b": 2}]


def test_aliases_and_merge_keys_are_honoured_as_by_kubectl() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall:\n  <<: [*b, *m]\n  x: 0\nsame: *b\n"
    assert parsed(text)[0] == {
        "base": {"x": 1, "y": 2}, "more": {"y": 3, "z": 4},
        "all": {"x": 0, "y": 2, "z": 4}, "same": {"x": 1, "y": 2},
    }  # fmt: skip
    assert told("a:\n  <<: 3\n") == ['f:2:7: a["<<"]: only a mapping can be merged in']
    assert parsed('"<<": 1\n') == [{"<<": 1}]


def test_every_duplicate_key_is_told_with_both_places() -> None:
    assert told("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n") == [
        'f:4:3: b.c: the key "c" stands twice, first on line 3; remove one',
        'f:5:1: a: the key "a" stands twice, first on line 1; remove one',
    ]


def test_an_alias_bomb_costs_neither_time_nor_memory() -> None:
    text = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 50)}]\n" for n in range(1, 30))
    started = time.process_time()
    assert told(text)[0].endswith("more than 200,000 values once its aliases are written out")
    assert time.process_time() - started < 5


def test_a_merge_bomb_costs_neither_time_nor_memory() -> None:
    text = f"a: &a {{{', '.join(f'k{n}: 1' for n in range(2000))}}}\n" + "".join(
        f"b{n}: {{<<: *a}}\n" for n in range(500)
    )
    assert told(text) == ["f:1:4: b100: more than 200,000 keys are merged in"]


def test_depth_is_bounded_also_in_block_style() -> None:
    text = "".join(f"{' ' * n}a:\n" for n in range(300))
    assert "nested more than 64 deep" in told(text)[0]


def test_documents_before_a_syntax_error_are_checked_too() -> None:
    assert refused(pod(container="    tty: 1\n") + "---\na: [\n") == [
        "8:10: spec.containers[0].tty: expected true or false, got the number 1",
        "11:1: a value is expected here",
    ]


def test_the_largest_file_is_read() -> None:
    filler = "#" + "x" * 1022 + "\n"
    text = GOOD + filler * ((MAX_BYTES - len(GOOD)) // len(filler))
    assert len(read(text).pods) == 1


def test_places_count_characters_from_one() -> None:
    assert told("é: 1\nü: {é: 1, é: 2}\n") == [
        'f:2:11: ["ü"]["é"]: the key "é" stands twice, first on line 2; remove one'
    ]


def test_what_a_terminal_would_obey_is_not_repeated() -> None:
    (line,) = refused(pod(container='    tty: "\\e[31m\\u202e"\n'))
    assert line.isprintable()
