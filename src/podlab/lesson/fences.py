"""What a code block is: code to read, to copy, a command to run, or a check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from podlab import quantity
from podlab.lesson.identity import Ids
from podlab.lesson.info import Info, parse
from podlab.lesson.lesson import Check, CheckId, Command, CommandId
from podlab.lesson.place import Place
from podlab.lesson.scope import Scope
from podlab.lesson.variables import names
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean

DEFAULT_TIMEOUT_S: Final = 15
_OF_CHECK: Final = ("hint", "auto", "opens-next", "container")
_OF_COMMAND: Final = ("fails", "stays")
_ATTRIBUTES: Final = ("run", "copy", "raw", "check", *_OF_CHECK, *_OF_COMMAND, "timeout")
_FLAGS: Final = ("copy", "raw", "auto", "opens-next", *_OF_COMMAND)

# They make code look like other code: https://trojansource.codes
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Code:
    """A block that is only shown; with a button where `can_copy`. `is_raw`: `{{ … }}` in it means nothing."""

    text: str
    language: str
    can_copy: bool
    is_raw: bool


def read(content: str, info_text: str, place: Place, scope: Scope, ids: Ids) -> Code | Command | Check:
    """The block as what its attributes say. Problems are reported; what is returned then is a guess."""
    info = parse(info_text)
    _judge(info, place)
    attributes = info.attributes
    text = content.removesuffix("\n")
    if "raw" not in attributes:
        _judge_variables(text, place, scope)
    for name, _ in names(f"{attributes.get('check')} {attributes.get('hint')}"):
        if fault := scope.variable_fault(name):
            place.find(name).problem(fault)
    if odd := _INVISIBLE.search(content):
        message = f"the invisible character U+{ord(odd[0]):04X} makes code look like other code; remove it"
        place.below(content.count("\n", 0, odd.start()) + 1).problem(message)
    if "check" in attributes:
        return _check(text, info, place, scope, ids)
    if "run" in attributes:
        return _command(text, info, place, scope, ids)
    return Code(text, info.language, "copy" in attributes, "raw" in attributes)


def _judge(info: Info, place: Place) -> None:
    for fault in info.faults:
        place.problem(fault)
    for key, value in info.attributes.items():
        if key not in _ATTRIBUTES:
            place.find(key).problem(f"unknown attribute {quoted(key)}{did_you_mean(key, _ATTRIBUTES)}")
        elif key in _FLAGS and value is not None:
            place.find(key).problem(f"{key!r} takes no value")
        elif key in _OF_CHECK and "check" not in info.attributes:
            place.find(key).problem(f'{key!r} belongs to a check; write check="what it tells"')
        elif key in _OF_COMMAND and "run" not in info.attributes:
            place.find(key).problem(f"{key!r} belongs to a command; write run=TERMINAL, too")
        elif key == "timeout" and not {"run", "check"} & set(info.attributes):
            place.find(key).problem("'timeout' belongs to a check or a command")
        elif value is None and key not in (*_FLAGS, "run"):
            place.find(key).problem(f'{key!r} needs a value, such as {key}="…"')
    if {"run", "check"} <= set(info.attributes):
        place.problem("a block is run by the attendee or is a check, not both")
    if {"fails", "stays"} <= set(info.attributes):
        place.find("fails").problem("a command that stays has no end that could fail")
    if "raw" in info.attributes and {"run", "check"} & set(info.attributes):
        place.find("raw").problem("'raw' is for code that is only shown")


def _judge_variables(text: str, place: Place, scope: Scope) -> None:
    for name, at in names(text):
        if fault := scope.variable_fault(name):
            below = place.below(text.count("\n", 0, at) + 1).find(name)
            below.problem(f"{fault}; where it is to be shown as it stands, write {{raw}} after the language")


def _command(text: str, info: Info, place: Place, scope: Scope, ids: Ids) -> Command:
    wanted = info.attributes["run"] or ""
    terminal = scope.terminal(wanted)
    if terminal is None:
        place.find(wanted or "run").problem(scope.no_terminal(wanted))
    if not text.strip():
        place.problem("there is nothing to run in this block")
    made = CommandId(ids.make("command", text))
    return Command(
        id=made, text=text, terminal=terminal or "", language=info.language or "sh", line=place.line,
        fails="fails" in info.attributes, stays="stays" in info.attributes, timeout_s=_timeout_s(info, place),
    )  # fmt: skip


def _check(text: str, info: Info, place: Place, scope: Scope, ids: Ids) -> Check:
    name = info.attributes["check"] or ""
    container = info.attributes.get("container") or ""
    if fault := scope.container_fault(container):
        place.find(container).problem(fault)
    if not text.strip():
        place.problem("a check needs a command: it passes when that ends with 0")
    return Check(
        id=CheckId(ids.make("check", name)), name=name, command=text, hint=info.attributes.get("hint") or "",
        is_automatic="auto" in info.attributes, opens_next="opens-next" in info.attributes,
        container=container, timeout_s=_timeout_s(info, place) or DEFAULT_TIMEOUT_S, line=place.line,
        shell="bash" if info.language == "bash" else "sh",
    )  # fmt: skip


def _timeout_s(info: Info, place: Place) -> int | None:
    wanted = info.attributes.get("timeout")
    if not wanted:
        return None
    try:
        return quantity.seconds(wanted)
    except ValueError as error:
        place.find("timeout").problem(str(error))
        return None
