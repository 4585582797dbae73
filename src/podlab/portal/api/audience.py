"""Who asks: those of `describe.Audience` that there are."""

from __future__ import annotations

from typing import Final

from podlab.portal import visitors
from podlab.portal.api.describe import Audience

TRAINER: Final = Audience(("token", "trainer"), visitors.trainer)
ATTENDEE: Final = Audience(("seat",), visitors.attendee)
