from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from podlab.manifest.emit import emit, text
from tests.manifest.manifest_texts import GOOD, pod, read

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
TRICKY = st.sampled_from(
    ["no", "On", "y", "~", "null", "1", "0644", "1e3", "12:30", "a: b", "a #b", "- a", "-", "*a", "&a", "!x",
     "%x", "@x", "`x`", "{", "[", "'", '"', "a\n", "a\n\n", "\na", " a\nb", "a\n b\n", "a \nb", "a\n\nb\n",
     "<<", "=", "a\tb\nc", "\x85", "\u2028", "\x7f", "\ufeff",
     "🙂\n🙂", "key: |\n  x\n", "---\nx", "...\nx", "#x\ny"]
)  # fmt: skip


def test_it_is_written_as_people_write_it() -> None:
    made = read(pod(container="    args: [a, 'no', '1']\n    env: [{name: A, value: x}]\n")).pods[0]
    assert emit(made) == (
        "apiVersion: v1\n"
        "kind: Pod\n"
        "metadata:\n"
        "  name: web\n"
        "spec:\n"
        "  containers:\n"
        "  - name: app\n"
        "    image: alpine\n"
        "    args:\n"
        "    - a\n"
        '    - "no"\n'
        '    - "1"\n'
        "    env:\n"
        "    - name: A\n"
        "      value: x\n"
    )  # fmt: skip


def test_a_whole_pod_reads_back_equal() -> None:
    made = read(GOOD).pods[0]
    assert read(emit(made)).pods[0] == made
    assert emit(read(emit(made)).pods[0]) == emit(made)


def test_several_lines_become_a_block() -> None:
    assert "    - |\n      echo on\n        sleep 3600\n" in emit(read(GOOD).pods[0])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TRICKY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TRICKY, JSON, max_size=4))
@settings(max_examples=100, deadline=None)
def test_any_data_reads_back_equal(data: dict[str, object]) -> None:
    assert YAML(typ="safe", pure=True).load(text(data)) == data


@given(st.lists(PRINTABLE | TRICKY, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_text_reads_back_equal(texts: list[str]) -> None:
    good = read(pod()).pods[0]
    container = dataclasses.replace(good.spec.containers[0], args=tuple(texts))
    made = dataclasses.replace(good, spec=dataclasses.replace(good.spec, containers=(container,)))
    written = emit(made)
    assert read(written).pods[0] == made
    data = YAML(typ="safe", pure=True).load("%YAML 1.1\n---\n" + written)  # as kubectl's reader would
    assert data["spec"]["containers"][0]["args"] == texts
