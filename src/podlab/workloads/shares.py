"""How far a change may go below and above the number of wanted pods."""

from __future__ import annotations

from podlab.model.workloads import RollingUpdate, Share
from podlab.quantity import share


def bounds(update: RollingUpdate | None, of: int, *, unavailable: Share, surge: Share) -> tuple[int, int]:
    """How many of the wanted pods may be missing, and how many more than wanted may be there, meanwhile. Shares are
    rounded so that at least as many are available as asked for; never are both 0.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
    """
    update = update or RollingUpdate()
    missing = share(unavailable if update.max_unavailable is None else update.max_unavailable, of, up=False)
    more = share(surge if update.max_surge is None else update.max_surge, of, up=True)
    return (1, 0) if missing == 0 and more == 0 else (min(missing, of), more)
