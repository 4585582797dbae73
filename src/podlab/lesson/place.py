"""A line of a step's file, to which problems are told."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from podlab.manifest.report import Report


@dataclass(frozen=True, slots=True)
class Place:
    """`lines` are the file's; `line` counts from 1."""

    report: Report
    lines: Sequence[str]
    line: int
    column: int = 1

    def at(self, line: int) -> Place:
        return dataclasses.replace(self, line=line, column=1)

    def below(self, count: int) -> Place:
        return self.at(self.line + count)

    def find(self, text: str) -> Place:
        """Where the text stands in this line; the place itself where it does not."""
        line = self.lines[self.line - 1] if self.line <= len(self.lines) else ""
        index = line.find(text)
        return dataclasses.replace(self, column=index + 1) if index >= 0 and text else self

    def problem(self, message: str) -> None:
        self.report.problem(self.line, self.column, (), message)

    def warn(self, message: str) -> None:
        self.report.warn(self.line, self.column, (), message)
