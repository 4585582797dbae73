"""When a CronJob's time has come: cron's five fields, as Kubernetes reads them.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

_NAMED: Final = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_LONGEST: Final = 200
_SAMPLE: Final = "such as '*/5 * * * *' or @daily"


def fault(schedule: str) -> str:
    """What is wrong with it; empty where nothing is."""
    from cronsim import CronSim, CronSimError

    if schedule.startswith(("TZ=", "CRON_TZ=")):
        return "the time zone has a field of its own, timeZone"
    try:
        fields = _fields(schedule)
        if re.search(r"[L#W]", re.sub(r"JUL|WED", "", fields)) or len(fields) > _LONGEST:  # cronsim's own
            return f"is no schedule that Kubernetes knows; {_SAMPLE}"
        next(CronSim(fields, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return f"is no schedule: {str(error)[:1].lower()}{str(error)[1:]}; {_SAMPLE}"
    except StopIteration:
        return "never comes"
    return ""


def is_time_zone(name: str) -> bool:
    """Whether this machine knows it. `Local` is none, as in Kubernetes."""
    try:
        return name.lower() not in ("", "local") and zone(name) is not None
    except (ValueError, OSError, LookupError):
        return False


def zone(name: str | None) -> tzinfo:
    """UTC where none is named, so that it does not depend on which machine the agent runs."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name) if name else UTC


def last(schedule: str, time_zone: str | None, now: float) -> float | None:
    """The latest time of the schedule that is not after `now`; seconds since the epoch. None: there was none."""
    from cronsim import CronSim

    at = datetime.fromtimestamp(int(now // 60) * 60 + 60, zone(time_zone))
    before = next(CronSim(_fields(schedule), at, reverse=True), None)
    return before.timestamp() if before else None


def following(schedule: str, time_zone: str | None, now: float) -> float | None:
    """The first time of the schedule after `now`; None where there is none any more."""
    from cronsim import CronSim

    after = next(CronSim(_fields(schedule), datetime.fromtimestamp(now, zone(time_zone))), None)
    return after.timestamp() if after else None


def _fields(schedule: str) -> str:
    """In capitals, and with `*` for `?`, which is the same."""
    text = _NAMED.get(schedule, schedule).upper()
    parts = text.split()
    if len(parts) != 5:
        from cronsim import CronSimError

        raise CronSimError("five fields are wanted: minute, hour, day of month, month, day of week")
    return " ".join("*" + part[1:] if part.startswith("?") else part for part in parts)
