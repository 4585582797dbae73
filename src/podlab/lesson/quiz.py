"""The inside of `:::quiz`: a question, a list of choices, and what is told after the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from podlab.lesson.identity import Ids, digest
from podlab.lesson.lesson import Choice, ChoiceId, Quiz, QuizId
from podlab.lesson.place import Place
from podlab.lesson.prose import plain, prose

_MARK = re.compile(r"(?:\[([ xX])\]|\(([ xX])\))(?:[ \t]+|$)")


def read(title: Sequence[Token], tokens: Sequence[Token], place: Place, ids: Ids) -> Quiz:
    """The quiz; problems are reported, and what is returned then is a guess. `tokens` are those between the
    lines `:::`."""
    start, stop = _list(tokens)
    before, after = tokens[:start], tokens[stop:]
    if not title:
        title, before = _question(before)
    question = prose(title)
    if not question.text:
        place.problem("a quiz needs a question: ':::quiz What is …?'")
    if start == stop:
        place.problem("a quiz needs choices: a list of '- [ ] wrong' and '- [x] right'")
    choices, marks = list[Choice](), set[str]()
    items = list(_items(tokens[start:stop]))
    for item in items:
        at = place.at(item[0].map[0] + 1 if item[0].map else place.line)
        if (choice := _choice(item, at, marks)) is not None:
            if any(choice.id == other.id for other in choices):
                at.problem("this choice stands twice")
            choices.append(choice)
    if len(choices) == len(items):
        _judge(choices, marks, place)
    return Quiz(
        id=QuizId(ids.make("quiz", question.text)), question=question, body=prose(before), choices=tuple(choices),
        is_multiple="(" not in marks, explanation=prose(after) if after else None, line=place.line,
    )  # fmt: skip


def _judge(choices: Sequence[Choice], marks: set[str], place: Place) -> None:
    right = sum(choice.is_right for choice in choices)
    if len(marks) > 1:
        place.problem(
            "choices are all '[ ]', any number of which may be right, or all '( )', one of which is"
        )
    elif choices and not right:
        place.problem("no choice is right; mark the right ones with '[x]'")
    elif right > 1 and "(" in marks:
        place.problem("several choices are right; write '[ ]' and '[x]' instead of '( )' and '(x)'")
    if len(choices) == 1:
        place.problem("one choice is no choice; add another")


def _list(tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the first bullet list of the quiz itself begins and ends."""
    base = min((token.level for token in tokens), default=0)
    start = next((i for i, t in enumerate(tokens) if t.type == "bullet_list_open" and t.level == base), None)
    if start is None:
        return len(tokens), len(tokens)
    stop = next(i for i in range(start, len(tokens)) if tokens[i].type == "bullet_list_close"
                and tokens[i].level == base)  # fmt: skip
    return start, stop + 1


def _question(tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """The first paragraph is the question where the line `:::quiz` has none."""
    if len(tokens) >= 3 and tokens[0].type == "paragraph_open":
        return tokens[1:2], tokens[3:]
    return [], tokens


def _items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each item, its opening first and without its closing."""
    base = tokens[0].level + 1 if tokens else 0
    item: list[Token] = []
    for token in tokens[1:-1]:
        if token.level == base and token.type == "list_item_close":
            yield item
            item = []
        else:
            item.append(token)


def _choice(item: Sequence[Token], place: Place, marks: set[str]) -> Choice | None:
    if [token.type for token in item[1:]] != ["paragraph_open", "inline", "paragraph_close"]:
        place.problem("a choice is one paragraph; put lists and code above the choices")
        return None
    inline = item[2]
    first = (inline.children or [Token("text", "", 0)])[0]
    match = _MARK.match(first.content) if first.type == "text" else None
    if match is None:
        place.problem("a choice begins with '[ ]' or, where it is right, with '[x]'")
        return None
    marks.add(match[0][0])
    first.content = first.content[match.end() :]
    text = plain([inline])
    if not text:
        place.problem("this choice is empty")
    return Choice(ChoiceId(digest(text)), prose([inline]), (match[1] or match[2]) in "xX")
