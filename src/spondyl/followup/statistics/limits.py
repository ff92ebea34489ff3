"""Pointwise 95 % limits of a probability that is estimated with an error: plain, log, or log-log."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.special import ndtri

from spondyl.core.errors import StatisticsError
from spondyl.followup.statistics.observations import Floats

Interval = Literal["log-log", "log", "plain"]
INTERVALS: tuple[str, ...] = get_args(Interval)
Z95 = float(ndtri(0.975))


def limits(p: Floats, relative_error: Floats, interval: str) -> tuple[Floats, Floats]:
    """Lower and upper 95 % limits, NaN where they cannot be computed.

    Parameters
    ----------
    p : (n,)
        Estimated probability, 0 to 1.
    relative_error : (n,)
        Standard error of log(p), that is the error of p divided by p.
    interval
        Scale on which p plus and minus 1.96 errors is taken: "plain" p (cut to 0..1), "log" log(p) (cut at 1),
        "log-log" log(-log(p)) (Kalbfleisch & Prentice 1980, ISBN 0-471-05519-0, ch. 1.3): inside 0..1 by itself and
        undefined at 0 and 1.

    Raises
    ------
    StatisticsError
        If `interval` is another word.
    """
    if interval not in INTERVALS:
        raise StatisticsError(f'interval "{interval}" is unknown, expected one of {", ".join(INTERVALS)}')
    with np.errstate(all="ignore"):  # p of 0 and of 1: their limits are NaN, as R's
        if interval == "plain":
            half = Z95 * relative_error * p
            return np.maximum(p - half, 0.0), np.minimum(p + half, 1.0)
        if interval == "log":
            inside = np.where(p == 0, np.nan, p)
            half = Z95 * relative_error
            return np.exp(np.log(inside) - half), np.minimum(np.exp(np.log(inside) + half), 1.0)
        inside = np.where((p == 0) | (p == 1), np.nan, p)
        centre, half = np.log(-np.log(inside)), Z95 * relative_error / np.log(inside)
        return np.exp(-np.exp(centre - half)), np.exp(-np.exp(centre + half))
