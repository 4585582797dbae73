"""How many seats fit, and what limits them."""

from __future__ import annotations

from dataclasses import dataclass

from podlab.doctor import kernel, network, space
from podlab.doctor.facts import Facts
from podlab.doctor.finding import Finding, Level
from podlab.doctor.limit import USUAL_SEATS, Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`limits` is sorted, the tightest first; it is never empty. Seats that run already are not in `fits`."""

    fits: int
    limits: tuple[Limit, ...]

    @property
    def limiting(self) -> Limit:
        return self.limits[0]


def estimate(facts: Facts, wanted: int | None = None) -> Estimate | None:
    """None where memory and disk are unknown: what is left would promise far too much."""
    found = [
        *space.limits(facts),
        *kernel.limits(facts, wanted or USUAL_SEATS),
        *network.limits(facts),
    ]
    if not {"space.memory", "space.disk"} <= {each.id for each in found}:
        return None
    limits = tuple(sorted(found, key=lambda each: each.fits))
    return Estimate(fits=limits[0].fits, limits=limits)


def finding(estimate: Estimate | None, wanted: int | None) -> Finding:
    """A problem where fewer fit than are wanted, or none at all."""
    if estimate is None:
        return Finding(
            id="seats.fit",
            title="seats",
            level=Level.NOTE if wanted is None else Level.PROBLEM,
            found="unknown: no container could look at the engine's machine",
            fix="podlab images prepare busybox, then podlab doctor",
        )
    is_enough = estimate.fits >= max(wanted or 1, 1)
    tight = estimate.limiting
    return Finding(
        id="seats.fit",
        title="seats",
        level=Level.OK if is_enough else Level.PROBLEM,
        found=f"{sentence(estimate, wanted)}: {tight.sum}",
        fix="" if is_enough else tight.fix,
        link=tight.link,
    )


def sentence(estimate: Estimate, wanted: int | None) -> str:
    """`30 seats fit; memory is what limits`."""
    fits = f"{estimate.fits} seat fits" if estimate.fits == 1 else f"{estimate.fits} seats fit"
    if wanted is not None:
        fits = f"{wanted} wanted, {fits}"
    return f"{fits}; {estimate.limiting.resource} is what limits"
