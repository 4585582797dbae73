"""What a lesson is made of. Everything here is read-only, and the same for all seats."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NewType

from podlab.lesson import variables

if TYPE_CHECKING:
    from markdown_it.token import Token

StepId = NewType("StepId", str)
CommandId = NewType("CommandId", str)
CheckId = NewType("CheckId", str)
QuizId = NewType("QuizId", str)
ChoiceId = NewType("ChoiceId", str)


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown that has been read. `text` is what it says without its markup; variables stand in it unfilled."""

    text: str
    tokens: tuple[Token, ...] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A code block that runs on click. `terminal` is empty for the seat's first one.

    The rest is for a rehearsal: whether it ends with an error on purpose, whether it keeps the terminal, and how
    long it may take.
    """

    id: CommandId
    text: str
    terminal: str
    language: str
    line: int
    fails: bool = False
    stays: bool = False
    timeout_s: int | None = None

    def filled(self, values: Mapping[str, str]) -> str:
        """What is typed into the terminal. `NotFound` where a variable has no value."""
        return variables.fill(self.text, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A script that tells whether something is done: it passes on exit 0, and what it prints is for the attendee.

    `shell -c` runs it in `container` (empty: that of the first terminal), by itself while the step is open where
    `is_automatic`. `hint` is shown when it fails. The next step stays closed until it passes where `opens_next`.
    """

    id: CheckId
    name: str
    command: str
    hint: str
    is_automatic: bool
    opens_next: bool
    container: str
    timeout_s: int
    line: int
    shell: Literal["sh", "bash"] = "sh"

    def filled(self, values: Mapping[str, str]) -> Check:
        """The check of one seat. `NotFound` where a variable has no value."""
        name, command, hint = (variables.fill(text, values) for text in (self.name, self.command, self.hint))
        return dataclasses.replace(self, name=name, command=command, hint=hint)


@dataclass(frozen=True, slots=True)
class Choice:
    id: ChoiceId
    prose: Prose
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """A question with choices. `is_multiple`: any number may be ticked, and the page does not tell how many are
    right. `explanation` is for after an answer: `render` leaves it out."""

    id: QuizId
    question: Prose
    body: Prose
    choices: tuple[Choice, ...]
    is_multiple: bool
    explanation: Prose | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One page. `elements` are its commands, checks and quizzes in the order of the page; their ids are unique
    in the lesson and outlive changes elsewhere on the page."""

    id: StepId
    title: str
    source_file: str
    elements: tuple[Command | Check | Quiz, ...]
    body: Prose

    @property
    def commands(self) -> tuple[Command, ...]:
        return tuple(each for each in self.elements if isinstance(each, Command))

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(each for each in self.elements if isinstance(each, Check))

    @property
    def quizzes(self) -> tuple[Quiz, ...]:
        return tuple(each for each in self.elements if isinstance(each, Quiz))


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a step shows or links to. `name` is its path in the lesson's folder, with slashes."""

    name: str
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """`warnings` are lines `file:line:col: message` of what may not be what its author meant.
    `recipes` are the Dockerfiles and compose files beside the steps."""

    title: str
    steps: tuple[Step, ...]
    assets: tuple[Asset, ...]
    recipes: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def quizzes(self) -> dict[QuizId, Quiz]:
        return {quiz.id: quiz for step in self.steps for quiz in step.quizzes}

    @property
    def checks(self) -> dict[CheckId, Check]:
        return {check.id: check for step in self.steps for check in step.checks}

    @property
    def commands(self) -> dict[CommandId, Command]:
        return {command.id: command for step in self.steps for command in step.commands}
