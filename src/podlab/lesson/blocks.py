"""A step's Markdown to its elements. Tokens that mean something to podlab are replaced by ones that carry it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it.token import Token

from podlab.lesson import fences, markdown, quiz
from podlab.lesson.identity import Ids
from podlab.lesson.lesson import Check, Command, Quiz
from podlab.lesson.links import Links, Target
from podlab.lesson.place import Place
from podlab.lesson.prose import plain
from podlab.lesson.scope import Scope
from podlab.lesson.variables import names
from podlab.manifest.nodes import quoted
from podlab.manifest.suggest import did_you_mean

ADMONITIONS: Final = ("note", "tip", "warning", "hint")
_BLOCKS: Final = (*ADMONITIONS, "quiz")
_OPENING = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*(.*)", re.DOTALL)
_CLOSING = re.compile(r"[\s>]*:{3,}\s*$")
_TAG = re.compile(
    r"</?(?:a|audio|b|br|button|center|code|details|div|em|font|form|h[1-6]|hr|i|iframe|img|input|kbd|li|ol|p"
    r"|pre|script|span|strong|style|sub|summary|sup|svg|table|td|th|tr|u|ul|video)\b[^>]*>",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Reader:
    """Reads one step. `elements` gathers its commands, checks and quizzes."""

    place: Place
    scope: Scope
    links: Links
    ids: Ids
    elements: list[Command | Check | Quiz] = field(default_factory=list)
    _line: int = 1
    _is_in_quiz: bool = False

    def read(self, tokens: Sequence[Token]) -> list[Token]:
        """The step's tokens with `command`, `check`, `code` and `quiz` in the place of blocks."""
        made: list[Token] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            self._line = token.map[0] + 1 if token.map else self._line
            if token.nesting == 1 and token.level >= markdown.MAX_NESTING - 1:
                self.place.at(self._line).problem("lists, quotes or blocks are nested too deep")
            if token.type == "container_lesson_open":
                stop = _closing(tokens, at)
                made += self._block(token, tokens[at + 1 : stop], tokens[stop])
                at = stop
            elif token.type in ("fence", "code_block"):
                made.append(self._fence(token))
            elif token.type == "inline":
                self._inline(token)
                made.append(token)
            else:
                made.append(token)
            at += 1
        return _figures(made)

    def _block(self, opening: Token, inner: Sequence[Token], closing: Token) -> list[Token]:
        place = self.place.at(self._line)
        match = _OPENING.match(opening.info)
        name, title = (match[1], match[2].strip()) if match else ("", "")
        end = opening.map[1] if opening.map else self._line
        if end >= len(place.lines) or not _CLOSING.match(place.lines[end]):
            place.problem(f"the block ':::{name}' never ends; close it with a line ':::'")
        if name not in _BLOCKS:
            place.find(name).problem(f"unknown block ':::{name}'{did_you_mean(name, _BLOCKS) or _KNOWN}")
        if name == "quiz":
            return [self._quiz(title, inner, place, opening.level)]
        opening.meta = closing.meta = {"name": name, "title": self._title(title)}
        return [opening, *self.read(inner), closing]

    def _quiz(self, title: str, inner: Sequence[Token], place: Place, level: int) -> Token:
        if self._is_in_quiz:
            place.problem("a quiz cannot stand inside another")
        was_in_quiz, self._is_in_quiz = self._is_in_quiz, True
        made = quiz.read(self._title(title), self.read(inner), place, self.ids)
        self._is_in_quiz = was_in_quiz
        self.elements.append(made)
        return Token("quiz", "", 0, level=level, meta={"quiz": made}, block=True)

    def _title(self, text: str) -> list[Token]:
        tokens = markdown.parse_line(text) if text else []
        for token in tokens:
            self._inline(token)
        return tokens

    def _fence(self, token: Token) -> Token:
        place = self.place.at(self._line)
        made = fences.read(token.content, token.info, place, self.scope, self.ids)
        if isinstance(made, fences.Code):
            return Token("code", "", 0, level=token.level, content=made.text, meta={"code": made}, block=True)
        if self._is_in_quiz:
            place.problem("commands and checks cannot stand inside a quiz")
        self.elements.append(made)
        kind = "command" if isinstance(made, Command) else "check"
        return Token(kind, "", 0, level=token.level, content=token.content, meta={kind: made}, block=True)

    def _inline(self, token: Token) -> None:
        place = self.place.at(self._line)
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                place = place.below(1)
            elif child.type == "variable":
                if fault := self.scope.variable_fault(child.content):
                    place.find(child.content).problem(f"{fault}; a backslash before it shows it as it stands")
            elif child.type == "code_inline":
                for name, _ in names(child.content):
                    if fault := self.scope.variable_fault(name):
                        place.find(name).problem(fault)
            elif child.type == "link_open":
                self._link(child, "href", place)
            elif child.type == "image":
                self._link(child, "src", place)
                if not plain([Token("inline", "", 0, children=child.children)]):
                    place.find("![").warn("the image has no description for those who cannot see it: ![…](…)")
            elif child.type == "text" and (tag := _TAG.search(child.content)):
                place.find(tag[0]).warn(f"HTML is shown as it stands: {quoted(tag[0])}")

    def _link(self, token: Token, attribute: str, place: Place) -> None:
        address = str(token.attrGet(attribute) or "")
        target = self.links.resolve(address, is_image=attribute == "src")
        if isinstance(target, Target):
            token.meta = {"target": target}
        else:
            place.find(address.partition(":")[0] if "." in address.partition(":")[0] else address).problem(
                target
            )


_KNOWN: Final = f"; it is one of {', '.join(_BLOCKS)}"


def _closing(tokens: Sequence[Token], opening: int) -> int:
    level = tokens[opening].level
    return next(
        at for at in range(opening + 1, len(tokens))
        if tokens[at].type == "container_lesson_close" and tokens[at].level == level
    )  # fmt: skip


def _figures(tokens: list[Token]) -> list[Token]:
    """A paragraph that is nothing but an image becomes a figure."""
    for before, inline, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        children = inline.children or ()
        if inline.type == "inline" and len(children) == 1 and children[0].type == "image":
            before.hidden = after.hidden = True
            children[0].meta = {**children[0].meta, "is_figure": True}
    return tokens
