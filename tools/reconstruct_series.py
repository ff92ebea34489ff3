"""Find times that meet the printed figures of the Kypho-IORT series: phase I/II (2018) and long-term (2020).

    python tools/reconstruct_series.py [tests/data/bludau]

Both print rates without intervals (in the review of Risso Neto and Mistro Neto), so very many sets of times meet
them; one of each is drawn with a fixed seed. Each curve is built from one printed time to the next: a random order of
events and censored times is drawn until the estimate at its end, rounded, is the printed one.

Writes phase12_progression.csv, phase12_survival.csv, longterm_progression.csv, longterm_survival.csv (months, event).
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SEED = 20180501
TRIES = 2_000_000
Ends = list[tuple[float, int]]


@dataclass(frozen=True)
class Series:
    """A printed curve.

    Parameters
    ----------
    n
        Subjects at the start.
    printed
        (month, rate with three decimals) in order.
    last_month
        Longest follow-up: printed, or ours.
    first_month
        Shortest follow-up; None where none is printed.
    events
        Printed number of events; None where none is printed.
    fits
        Further printed figures that the times must meet.
    """

    n: int
    printed: tuple[tuple[float, float], ...]
    last_month: float
    first_month: float | None = None
    events: int | None = None
    fits: Callable[[Ends], bool] = lambda ends: True


def draw(rng: random.Random, series: Series) -> Ends | None:
    """One draw of times that meets the rates; None where it fails."""
    left, survival, start, ends = series.n, 1.0, 0.0, Ends()
    for month, rate in series.printed:
        step = _step(rng, left, survival, rate)
        if step is None:
            return None
        order, survival = step
        times = sorted(round(rng.uniform(start + 0.1, month), 2) for _ in order)
        if len(set(times)) < len(times):
            return None
        ends += list(zip(times, order, strict=True))
        left, start = left - len(order), month
    happened = sum(event for _, event in ends)
    later = (series.events - happened) if series.events is not None else rng.randint(0, left // 2)
    if not 0 <= later <= left:
        return None
    order = [1] * later + [0] * (left - later)
    rng.shuffle(order)
    times = sorted(round(start + 0.1 + (series.last_month - start - 0.1) * rng.random() ** 2, 2) for _ in order)
    ends += list(zip([*times[:-1], series.last_month], order, strict=True))
    if series.first_month is not None:
        ends[0] = (series.first_month, ends[0][1])
    return ends if series.fits(ends) else None


def _step(rng: random.Random, left: int, survival: float, rate: float) -> tuple[list[int], float] | None:
    """An order of events (1) and censored times (0) that brings the curve to the printed rate."""
    wanted = 1 - rate / survival
    for _ in range(400):
        censored = rng.randint(0, left // 2)
        events = max(0, round(wanted * (left - censored / 2)) + rng.randint(-1, 1))
        order = [1] * events + [0] * censored
        rng.shuffle(order)
        at_risk, value = left, survival
        for event in order:
            value *= 1 - event / at_risk
            at_risk -= 1
        if at_risk > 1 and round(value, 3) == rate:
            return order, value
    return None


def half_time(ends: Ends) -> float | None:
    """When the curve first comes below one half."""
    at_risk, value = len(ends), 1.0
    for time, event in sorted(ends):
        value *= 1 - event / at_risk
        at_risk -= 1
        if value < 0.5:
            return time
    return None


def median(values: list[float]) -> float:
    """The median."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _median_survival(ends: Ends) -> bool:
    found = half_time(ends)
    return found is not None and round(found, 1) == 11.8


def _longterm_progression(ends: Ends) -> bool:
    return round(median([time for time, event in ends if event]), 1) == 22.3


def _longterm_follow_up(ends: Ends) -> bool:
    times = [time for time, _ in ends]
    return round(median(times), 1) == 14.5 and min(times) >= 0.4


SERIES = {
    "phase12_progression": Series(76, ((3, 0.975), (6, 0.938), (12, 0.938)), 40.0),
    "phase12_survival": Series(61, ((3, 0.769), (6, 0.640), (12, 0.484)), 40.0, fits=_median_survival),
    "longterm_progression": Series(
        143, ((6, 0.971), (12, 0.959), (24, 0.942)), 109.0, events=10, fits=_longterm_progression
    ),
    "longterm_survival": Series(104, ((6, 0.746), (12, 0.617), (24, 0.503)), 109.0, 0.4, fits=_longterm_follow_up),
}


def single_events() -> list[tuple[int, int]]:
    """Numbers at risk at two single events that give local progression-free survival of 97.5 % and 93.8 %."""
    return [
        (first, second)
        for first in range(2, 77)
        for second in range(2, first)
        if round(1 - 1 / first, 3) == 0.975 and round((1 - 1 / first) * (1 - 1 / second), 3) == 0.938
    ]


def main(folder: Path) -> None:
    """Search and write."""
    print(f"phase I/II, one progression up to 3 months and one up to 6: at risk {single_events()}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, series in SERIES.items():
        rng = random.Random(f"{SEED} {name}")
        count, ends = next(((i, found) for i in range(TRIES) if (found := draw(rng, series)) is not None), (TRIES, []))
        if not ends:
            raise SystemExit(f"{name}: no draw of {TRIES} meets the printed figures")
        print(f"{name}: draw {count + 1}, {sum(event for _, event in ends)} events of {len(ends)}")
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("months", "event"))
            writer.writerows(sorted(ends))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("tests/data/bludau"))
