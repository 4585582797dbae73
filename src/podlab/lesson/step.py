"""One step's text to a `Step`."""

from __future__ import annotations

from typing import Final

from podlab.lesson import markdown
from podlab.lesson.blocks import Reader
from podlab.lesson.identity import Ids
from podlab.lesson.lesson import Step, StepId
from podlab.lesson.links import Links
from podlab.lesson.place import Place
from podlab.lesson.prose import prose
from podlab.lesson.scope import Scope
from podlab.lesson.variables import names
from podlab.manifest.report import Report

LONGEST_LINE: Final = 5_000
LONGEST_STEP: Final = 128 * 1024
"""In characters. Nobody reads longer ones, and the time to read Markdown can grow faster than its length."""


def read_step(
    step: StepId, title: str, file: str, text: str, *, report: Report, scope: Scope, links: Links, ids: Ids
) -> Step:
    """Problems go to `report`; what is returned then must not be shown."""
    lines = text.split("\n")
    place = Place(report, lines, 1)
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            place.at(number).problem(f"the line has more than {LONGEST_LINE:,} characters; break it")
    if not title.isprintable():
        place.problem("the title holds a character that cannot be shown, such as a terminal's escape")
    for name, _ in names(title):
        if fault := scope.variable_fault(name):
            place.problem(f"the title: {fault}")
    if len(text) > LONGEST_STEP:
        place.problem(f"the step has more than {LONGEST_STEP:,} characters; make several of it")
    reader = Reader(place, scope, links, ids)
    tokens = [] if report else reader.read(markdown.parse(text))
    return Step(id=step, title=title, source_file=file, elements=tuple(reader.elements), body=prose(tokens))
