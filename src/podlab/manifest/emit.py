"""Pods to YAML, as a person would write it, and so that every YAML reader takes it for the same.

We write it ourselves: a text that YAML 1.1 (kubectl) or 1.2 could take for something else stands in quotes,
which ruamel.yaml does for 1.2 only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from podlab import wire
from podlab.model import Pod

_WORD = r"[A-Za-z0-9_./@+-]"
_PLAIN = re.compile(rf"[A-Za-z_/]{_WORD}*(?::{_WORD}+)*(?: {_WORD}+)*|[0-9]+(?:[KMGT]i|[mMGT])")
_OTHER_THAN_TEXT = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|~)")
_NOT_IN_BLOCK = re.compile(
    r"^\s|[ \t]$|[ \t]\n|\n\n$|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
)
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def emit(pod: Pod) -> str:
    """One document, which `load` reads back as an equal pod."""
    return text({"apiVersion": "v1", "kind": "Pod", **wire.encode(pod)})


def text(data: Mapping[str, Any]) -> str:
    """One document of JSON-ready data."""
    return "\n".join(_mapping(data, "") if data else ["{}"]) + "\n"


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{_scalar(key)}:", value, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent + "  ")
    elif isinstance(value, list) and value:
        yield head
        for item in value:
            yield from _item(item, indent)
    elif isinstance(value, str) and "\n" in value and not _NOT_IN_BLOCK.search(value):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        yield from (f"{indent}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _item(item: Any, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        first, *rest = _mapping(item, indent + "  ")
        yield f"{indent}- {first.removeprefix(indent + '  ')}"
        yield from rest
    elif isinstance(item, list) and item:
        yield f"{indent}-"
        for each in item:
            yield from _item(each, indent + "  ")
    else:
        yield from _entry(f"{indent}-", item, indent)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _OTHER_THAN_TEXT.fullmatch(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
