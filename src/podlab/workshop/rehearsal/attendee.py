"""Goes through a lesson in one seat, as somebody would who does what it says and makes no mistake."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from podlab.errors import PodlabError
from podlab.lesson.grading import grade
from podlab.lesson.lesson import Check, Command, Lesson, Quiz, Step
from podlab.workshop.checking import Outcome, run_check
from podlab.workshop.rehearsal import terminal as typed_into
from podlab.workshop.rehearsal.report import Begun, Event, Item, Kind, Result
from podlab.workshop.rehearsal.terminal import Terminal, Typed, opened

if TYPE_CHECKING:
    from podlab.engines.base import Engine
    from podlab.manifest.workshop import Workshop

Element = Command | Check | Quiz

PATIENCE_S: Final = {True: 30.0, False: 5.0}
"""How long a check may fail before it counts: one that runs by itself is seen to pass later, and somebody who has
to click needs a moment for it."""
_PAUSE_S: Final = 1.0


def items(lesson: Lesson) -> list[tuple[Step, Element, Item]]:
    """All that there is to do, in order."""
    return [(step, each, _item(step, each)) for step in lesson.steps for each in step.elements]


class Attendee:
    """One in each seat. `number` is the seat's."""

    def __init__(
        self,
        engine: Engine,
        workshop: Workshop,
        lesson: Lesson,
        *,
        number: int,
        pod: str,
        values: Mapping[str, str],
        timeout_s: float,
        terminals: asyncio.TaskGroup,
        on_event: Callable[[Event], None],
    ) -> None:
        self._engine, self._workshop, self._lesson = engine, workshop, lesson
        self._number, self._pod, self._values = number, pod, values
        self._timeout_s = timeout_s
        self._group = terminals
        self._on_event = on_event
        self._terminals: dict[str, Terminal] = {}

    async def go_through(self) -> list[Result]:
        """The result of each item. What goes wrong is one; only a mistake of ours is an error."""
        results = []
        passed_before: set[str] = set()
        at = ""
        for step, element, item in items(self._lesson):
            if step.id != at:
                at, passed_before = step.id, await self._passed_before(step)
            self._on_event(Begun(seat=self._number, item=item))
            began = time.monotonic()
            try:
                problem, remark, output = await self._do(element)
            except PodlabError as error:
                problem, remark, output = error.message, "", ""
            if not problem and element.id in passed_before:
                remark = "it passed before anything was done in its step"
            result = Result(
                seat=self._number, item=item, seconds=time.monotonic() - began, problem=problem, remark=remark,
                output=output if problem else "",
            )  # fmt: skip
            results.append(result)
            self._on_event(result)
        return results

    def leave(self) -> None:
        """Look at no terminal any more. The seat is gone."""
        for each in self._terminals.values():
            each.close()

    async def _passed_before(self, step: Step) -> set[str]:
        """The checks of a step that pass although the commands before them were not run: they tell nothing."""
        had_command = False
        found = set()
        for element in step.elements:
            had_command = had_command or isinstance(element, Command)
            if isinstance(element, Check) and had_command and (await self._check(element)).status == "passed":
                found.add(str(element.id))
        return found

    async def _do(self, element: Element) -> tuple[str, str, str]:
        """Problem, remark, output."""
        if isinstance(element, Command):
            return await self._command(element)
        if isinstance(element, Check):
            return await self._insist(element)
        return self._quiz(element), "", ""

    async def _command(self, command: Command) -> tuple[str, str, str]:
        timeout_s = command.timeout_s or self._timeout_s
        terminal = await self._terminal(command.terminal)
        holder = terminal.holder
        typed = await terminal.run(command.filled(self._values), stays=command.stays, timeout_s=timeout_s)
        problem = _problem(command, typed, timeout_s, holder)
        remark = (
            f"typed into {holder!r}, which keeps the terminal: its exit code is not known"
            if typed.is_unknown
            else ""
        )
        return problem, remark, typed.output

    async def _terminal(self, name: str) -> Terminal:
        """Opened when it is first needed, and again after its shell has ended."""
        known = self._workshop.spec.terminals
        name = name or known[0].name
        found = self._terminals.get(name)
        if found is None or found.has_ended:
            container = next(each.container for each in known if each.name == name)
            found = self._terminals[name] = await opened(self._engine, self._pod, container, self._group)
        return found

    async def _insist(self, check: Check) -> tuple[str, str, str]:
        """Until it passes, or has failed for too long."""
        ends_at = time.monotonic() + PATIENCE_S[check.is_automatic]
        tries = 1
        while (outcome := await self._check(check)).status == "failed" and time.monotonic() < ends_at:
            await asyncio.sleep(_PAUSE_S)
            tries += 1
        if outcome.status == "passed":
            return "", f"it passed at the {_ordinal(tries)} attempt" if tries > 1 else "", ""
        told = "it fails" if outcome.status == "failed" else "it cannot be run"
        return f"{told}, tried {tries} times" if tries > 1 else told, "", outcome.text

    async def _check(self, check: Check) -> Outcome:
        return await run_check(self._engine, self._pod, self._workshop, check, self._values)

    def _quiz(self, quiz: Quiz) -> str:
        """The explanation is rendered, too: its variables have values, or it is a problem."""
        from podlab.lesson.render import explain

        right = {choice.id for choice in quiz.choices if choice.is_right}
        if not grade(quiz, right).is_right:
            return "the right choices are not graded as right"
        wrong = {choice.id for choice in quiz.choices} - right
        if wrong and grade(quiz, {min(wrong)}).is_right:
            return "a wrong choice is graded as right"
        explain(quiz, self._values)
        return ""


def _problem(command: Command, typed: Typed, timeout_s: float, holder: str) -> str:
    codes = typed.codes
    if typed.is_unfinished:
        return (
            "the shell waits for the rest of it: a quotation mark, 'done' or a here-document's end is missing"
        )
    if None in codes:
        if command.stays:
            return ""
        who = f" ({holder!r} still keeps the terminal)" if holder else ""
        return f"it did not come back within {timeout_s:g} s{who}; if it is meant to, write 'stays' after run"
    failed = [code for code in codes if code]
    if command.stays and not typed.is_unknown:
        return f"it was to stay, and ended within {typed_into.STAYS_S:g} s with exit code {codes[-1] if codes else 0}"
    if command.fails:
        return "" if failed or typed.is_unknown else "it was to fail, and ended with exit code 0"
    if not failed:
        return ""
    lines = "" if len(codes) == 1 else f" in {len(failed)} of its {len(codes)} commands"
    return f"exit code {', '.join(map(str, dict.fromkeys(failed)))}{lines}"


def _item(step: Step, element: Element) -> Item:
    kind: Kind
    if isinstance(element, Command):
        kind, title = "command", _first_line(element.text)
    elif isinstance(element, Check):
        kind, title = "check", element.name
    else:
        kind, title = "quiz", element.question.text
    return Item(step=step.id, file=step.source_file, line=element.line, kind=kind, id=element.id, title=title)


def _first_line(text: str) -> str:
    lines: Iterator[str] = (line for line in text.split("\n") if line.strip())
    first = next(lines, "")
    return first + " …" * (next(lines, None) is not None)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
