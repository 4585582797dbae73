"""A workshop's folder as a ConfigMap. https://kubernetes.io/docs/concepts/configuration/configmap/"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any, Final

from podlab.errors import Invalid

MOST_BYTES: Final = 1000 << 10
"""A ConfigMap holds a mebibyte, with its own keys and what base64 makes larger."""
_PASSED_OVER: Final = (".podlab.zip", ".pyc", "~")


def files(folder: Path) -> dict[str, bytes]:
    """Path in the folder → content, without hidden files. `Invalid` where it is more than a ConfigMap holds."""
    root = folder if folder.is_dir() else folder.parent
    found: dict[str, bytes] = {}
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        if not file.is_file() or any(part.startswith(".") for part in path.split("/")):
            continue
        if not path.endswith(_PASSED_OVER):
            found[path] = file.read_bytes()
    size = sum(len(key) + _size(content) for key, content in found.items())
    if size > MOST_BYTES:
        largest = max(found, key=lambda path: len(found[path]))
        raise Invalid(
            f"{root} has {size >> 10} KiB, and a ConfigMap holds {MOST_BYTES >> 10}",
            subject=str(root),
            hint=f"the largest file is {largest}; link to large files, or put them into an image of the workshop's pod",
        )
    return found


def config_map(name: str, found: dict[str, bytes]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The ConfigMap without labels, and which key is which path: keys have no slashes."""
    keys = {
        path: f"{number:03}.{re.sub(r'[^-._a-zA-Z0-9]', '_', path)[-200:]}"
        for number, path in enumerate(found)
    }
    texts = {keys[path]: content.decode() for path, content in found.items() if _is_text(content)}
    others = {
        keys[path]: base64.b64encode(content).decode()
        for path, content in found.items()
        if not _is_text(content)
    }
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": texts}
    return made | ({"binaryData": others} if others else {}), [
        {"key": key, "path": path} for path, key in keys.items()
    ]


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _size(content: bytes) -> int:
    return len(content) if _is_text(content) else len(content) * 4 // 3
