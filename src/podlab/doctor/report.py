"""All findings on one engine, and the sum of them."""

from __future__ import annotations

from dataclasses import dataclass

from podlab.doctor import cgroup, engine, kernel, lab, network, privileges, seats, space, workshop
from podlab.doctor.facts import Facts
from podlab.doctor.finding import Finding, Level
from podlab.doctor.limit import USUAL_SEATS
from podlab.doctor.seats import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    findings: tuple[Finding, ...]
    seats: Estimate | None
    wanted_seats: int | None = None

    @property
    def is_healthy(self) -> bool:
        """No finding is a problem; warnings and notes may be there."""
        return all(each.level is not Level.PROBLEM for each in self.findings)

    @property
    def summary(self) -> str:
        """One line: how many seats fit and why not more, and how many problems and warnings there are."""
        parts = [] if self.seats is None else [seats.sentence(self.seats, self.wanted_seats)]
        for level in (Level.PROBLEM, Level.WARNING):
            count = sum(each.level is level for each in self.findings)
            if count:
                parts.append(f"{count} {level}{'' if count == 1 else 's'}")
        return "; ".join(parts) or "nothing is wrong"


def report(facts: Facts, wanted_seats: int | None = None) -> Report:
    """Judge the facts. Limits are warnings where they hold fewer seats than wanted: by default as many as the
    workshop has, or a class room."""
    if wanted_seats is None and facts.workshop is not None:
        wanted_seats = facts.workshop.seats
    wanted = USUAL_SEATS if wanted_seats is None else wanted_seats
    found = [*engine.findings(facts), *cgroup.findings(facts), *privileges.findings(facts)]
    estimate = None
    if facts.engine is not None:
        estimate = seats.estimate(facts, wanted_seats)
        found += space.findings(facts, wanted)
        found += (each.finding(wanted) for each in space.limits(facts))
        found += (each.finding(wanted) for each in kernel.limits(facts, wanted))
        found += network.findings(facts)
        found += (each.finding(wanted) for each in network.limits(facts))
    found += lab.findings(facts)
    found += workshop.findings(facts, wanted)
    if facts.engine is not None:
        found.append(seats.finding(estimate, wanted_seats))
    return Report(findings=tuple(found), seats=estimate, wanted_seats=wanted_seats)
