"""What do attendees read and do? Markdown becomes steps with commands, checks and quizzes, or every problem at once.

Here lives all that is known about lessons: their files (`loading`), their Markdown (`markdown`, `blocks`), HTML of
a step (`render`), grading, the images that they name, and reading other tools' formats (`importers`).
Nothing here does I/O but reading files; only an import's last step, `importers.write`, writes some.
"""

from podlab.lesson.grading import Grade, grade
from podlab.lesson.lesson import Asset, Check, Choice, Command, Lesson, Quiz, Step
from podlab.lesson.loading import load
from podlab.lesson.named_images import images_named
from podlab.lesson.scope import Scope
from podlab.lesson.workshop import load_workshop

__all__ = [
    "Asset",
    "Check",
    "Choice",
    "Command",
    "Grade",
    "Lesson",
    "Quiz",
    "Scope",
    "Step",
    "grade",
    "images_named",
    "load",
    "load_workshop",
]
