"""What an import carried over, and what it could not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """Something of the source that the workshop does not have, or has in another form."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class Report:
    """`carried` counts what came along, by its name in the plural."""

    carried: Counter[str] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)

    def carry(self, what: str) -> None:
        self.carried[what] += 1

    def lose(self, file: str, line: int, message: str) -> None:
        loss = Loss(file, line, message)
        if loss not in self.losses:
            self.losses.append(loss)
