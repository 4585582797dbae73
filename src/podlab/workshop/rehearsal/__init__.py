"""Does the lesson work? Its commands, checks and quizzes are gone through in real seats, as an attendee would.

`rehearse` makes seats of its own, lets each go through the lesson (`attendee`) by typing into terminals
(`terminal`), and removes them. What came of it is a `Report`.
"""

from podlab.workshop.rehearsal.report import Begun, Event, Ready, Report, Result, SeatReport
from podlab.workshop.rehearsal.seats import LIFETIME_S, disguised, rehearse

__all__ = ["LIFETIME_S", "Begun", "Event", "Ready", "Report", "Result", "SeatReport", "disguised", "rehearse"]
