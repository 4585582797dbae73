"""The problems and warnings of one file, each with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from podlab.errors import Invalid
from podlab.manifest.nodes import Mapping, Node, Path, Sequence, dotted

ANY: Final = "*"
"""Among `allow_ignored`: every field. For who only wants names of a file, such as those of what it is to remove."""
_MOST_PROBLEMS: Final = 200
"""More than anybody reads; a file that is wrong throughout has one reason."""


@dataclass(slots=True)
class Report:
    """Problems are gathered, not raised, so that people see all of them at once.

    `allow_ignored` names fields that may be left out of account: the end of a path without list positions,
    such as `nodeName`, `spec.nodeName` or `spec.containers.volumeDevices`. `for_cluster`: what only a cluster honours
    is taken, as it is written.
    """

    file: str
    allow_ignored: Collection[str] = ()
    for_cluster: bool = False
    _problems: list[tuple[int, int, str]] = field(default_factory=list)
    _warnings: list[tuple[int, int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._problems)

    def problem(self, line: int, column: int, path: Path, message: str) -> None:
        self._problems.append((line, column, _said(path, message)))

    def refuse(self, line: int, column: int, path: Path, message: str) -> None:
        """A problem, or a warning where the user allowed this field to be ignored."""
        name = "." + dotted(tuple(part for part in path if isinstance(part, str)))
        if ANY in self.allow_ignored or any(name.endswith("." + allowed) for allowed in self.allow_ignored):
            self._warnings.append((line, column, _said(path, f"{message} (ignored, as asked)")))
        else:
            self.problem(line, column, path, message)

    def warn(self, line: int, column: int, path: Path, message: str) -> None:
        """Something that is honoured, and perhaps not what was meant."""
        self._warnings.append((line, column, _said(path, message)))

    def problems(self) -> list[str]:
        """`file:line:col: path: message`, in the order of the file, each once."""
        return self._lines(self._problems)

    def warnings(self) -> list[str]:
        return self._lines(self._warnings)

    def _lines(self, found: list[tuple[int, int, str]]) -> list[str]:
        # An aliased value is read once for each use; two findings that read the same are one.
        return [f"{self.file}:{line}:{column}: {text}" for line, column, text in sorted(set(found))]


def raise_problems(reports: Iterable[Report]) -> None:
    """Raise one `Invalid` with the problems of all files, if there are any."""
    faulty = [report for report in reports if report]
    if not faulty:
        return
    problems = [line for report in faulty for line in report.problems()]
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    where = faulty[0].file if len(faulty) == 1 else f"{len(faulty)} files"
    if len(problems) > _MOST_PROBLEMS:
        problems = [*problems[:_MOST_PROBLEMS], f"… and {len(problems) - _MOST_PROBLEMS} more"]
    raise Invalid(f"{count} in {where}", problems=tuple(problems), subject=where)


def _said(path: Path, message: str) -> str:
    return f"{dotted(path)}: {message}" if path else message


def place(root: Node, path: Path) -> tuple[int, int]:
    """Where the value at `path` is written; of a missing one, where the nearest thing around it is.

    The place of a mapping is its own key, where there is one: that is the line people look for.
    """
    node, found = root, (root.line, root.column)
    for part in path:
        if isinstance(node, Mapping) and isinstance(part, str) and part in node.entries:
            key, node = node.entries[part]
            is_collection = isinstance(node, Mapping | Sequence)
            found = (key.line, key.column) if is_collection else (node.line, node.column)
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            found = (node.line, node.column)
        else:
            break
    return found
