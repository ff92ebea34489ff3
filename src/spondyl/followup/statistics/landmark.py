"""Landmark analysis: does a response seen by a time go with what happens after it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spondyl.core.citations import cite
from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.cox import CoxFit, cox
from spondyl.followup.statistics.kaplan_meier import SurvivalCurve, kaplan_meier
from spondyl.followup.statistics.log_rank import GroupTest, log_rank
from spondyl.followup.statistics.observations import Floats, Integers, observations


@dataclass(frozen=True)
class Landmark:
    """Those under observation after the landmark, by whether they had responded by then.

    Parameters
    ----------
    landmark
        Its time; the curves' times start there.
    left_out
        Subjects whose event or censoring came by the landmark.
    responders, others
        Curves from the landmark on; None where the group is empty.
    test
        Log-rank.
    hazard_ratio
        Of responders against others; None with `reason` where there is none.
    """

    landmark: float
    left_out: int
    responders: SurvivalCurve | None
    others: SurvivalCurve | None
    test: GroupTest | None
    hazard_ratio: CoxFit | None
    reason: str = ""


@cite("Anderson, Cain & Gelber, J Clin Oncol 1983;1:710-9", "10.1200/JCO.1983.1.11.710", "landmark method")
def landmark(
    times: ArrayLike, events: ArrayLike, responded_at: ArrayLike, landmark: float, interval: str = "log-log"
) -> Landmark:
    """Compare by response at the landmark, so that living long enough to respond is not taken for its effect.

    Parameters
    ----------
    times, events : (n,) array_like
        Times; 0 censored, anything above it the event.
    responded_at : (n,) array_like
        When the response was seen, NaN for never; a response after the landmark counts as none.
    landmark
        Time from the start, above 0. Who has the event or is censored by then is left out.
    interval
        Of the curves' limits.

    Raises
    ------
    StatisticsError
        If nobody is followed beyond the landmark.
    """
    seen = observations(times, events)
    response = np.asarray(responded_at, dtype=np.float64)
    if response.shape != seen.times.shape:
        raise StatisticsError(f"{len(response)} response times for {len(seen)} observations, expected one each")
    kept = seen.times > landmark
    if not kept.any() or not landmark > 0:
        last = float(seen.times.max())
        raise StatisticsError(f"landmark {landmark:g}, expected a time above 0 and before the last follow-up, {last:g}")
    t, e, yes = seen.times[kept] - landmark, seen.events[kept], response[kept] <= landmark
    curves = [_curve(t[part], e[part], interval) for part in (yes, ~yes)]
    left_out = int((~kept).sum())
    if yes.all() or not yes.any():
        only = "responders" if yes.all() else "non-responders"
        return Landmark(landmark, left_out, curves[0], curves[1], None, None, f"there are only {only} at the landmark")
    test = log_rank(t, e, ["responder" if r else "other" for r in yes])
    try:
        ratio, reason = cox(t, e, yes.astype(np.float64), ["responder"]), ""
    except StatisticsError as error:
        ratio, reason = None, str(error)
    return Landmark(landmark, left_out, curves[0], curves[1], test, ratio, reason)


def _curve(times: Floats, events: Integers, interval: str) -> SurvivalCurve | None:
    return kaplan_meier(times, events, interval) if len(times) else None
