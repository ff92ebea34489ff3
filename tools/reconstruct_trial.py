"""Find individual times that meet every figure printed of the trial of Mitsuyoshi 2025 (25 patients, 28 segments).

    python tools/reconstruct_trial.py [tests/data/mitsuyoshi_2025]

The paper prints estimates and intervals, not times. Step by step, with a fixed seed:

1. Which numbers at risk at the four deaths of the second year give the printed survival and interval: all of them
   are listed, one is drawn.
2. Times of death and last contact that have these numbers at risk, the printed median and the printed range.
3. Days of the last MRI of each segment: 20 at risk at the recurrence, the printed counts, median and range.
4. Days of the fractures, drawn until their cumulative incidence meets the printed figures.

Writes patients.csv and segments.csv (days from the first fraction) and prints what the figures leave open.
`tools/reconstruct_cohort.py` dresses them as a cohort. The printed figures are in `tools/printed_trial.py`.
"""

from __future__ import annotations

import csv
import itertools
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from printed_trial import FOLLOW_UP, FRACTURE, LOCAL_CONTROL, RECURRENCE_MONTHS, SEGMENTS, SURVIVAL

from spondyl.followup.endpoints import DAYS_PER_MONTH
from spondyl.followup.statistics.cumulative_incidence import cumulative_incidence
from spondyl.followup.statistics.kaplan_meier import kaplan_meier

SEED = 20250303
PATIENTS, DOUBLE = 25, 3
EARLY_DEATHS = 4
"""Patients without the MRI at 1 year because they had died of their disease."""
LATE_VISIT_MONTHS = 14.5
"""A patient who dies without the MRI at 1 year dies before it is long overdue: ours."""
TRIES = 100_000
Z = 1.959963984540054


@dataclass(frozen=True)
class Patient:
    """Days from the first fraction to death or last contact."""

    days: int
    dead: bool


def survival_patterns() -> list[tuple[int, ...]]:
    """Numbers at risk at the deaths between 12 and 24 months that give the printed survival at 24 months.

    The first year is 23 of 25 without censoring: 92.0 %. Every later death multiplies by 1 - 1/n.
    """
    found: list[tuple[int, ...]] = []
    for deaths in range(1, 6):
        for at_risk in itertools.combinations(range(PATIENTS - 2, 0, -1), deaths):
            survival = (23 / 25) * float(np.prod([1 - 1 / n for n in at_risk]))
            if SURVIVAL[24].agrees(survival):
                greenwood = 2 / (25 * 23) + sum(1 / (n * (n - 1)) for n in at_risk)
                scale = np.exp(Z * np.sqrt(greenwood) / abs(np.log(survival)))
                if SURVIVAL[24].agrees(survival, survival**scale, survival ** (1 / scale)):
                    found.append(at_risk)
    return found


def possible(pattern: tuple[int, ...]) -> bool:
    """Whether the printed median follow-up allows it: the 13th of 25 times is 26.2 months, so 13 are at risk at 24."""
    return min(pattern) > (PATIENTS + 1) // 2


def draw_patients(rng: random.Random, pattern: tuple[int, ...]) -> list[Patient]:
    """Patients in the order of their times, with these numbers at risk at the deaths.

    Of the ten times between the first year and the median, as many lie before the late visit as the fourth death asks.
    """
    shortest, median, longest = (to_days(value) for value in FOLLOW_UP["patient"])
    soon = PATIENTS - pattern[1] + 1 - 2
    first = [shortest, rng.randint(to_days(6), to_days(11.5))]
    early = [rng.randint(to_days(12.2), to_days(LATE_VISIT_MONTHS)) for _ in range(soon)]
    late = [rng.randint(to_days(LATE_VISIT_MONTHS) + 1, to_days(24)) for _ in range(10 - soon)]
    after = [rng.randint(median + 1, longest - 1) for _ in range(11)]
    days = [*first, *sorted(early), *sorted(late), median, *sorted(after), longest]
    dead = {PATIENTS - n for n in pattern} | {0, 1} | {rng.randint(13, PATIENTS - 1)}
    return [Patient(day, index in dead) for index, day in enumerate(days)]


def sound(patients: list[Patient]) -> bool:
    """Deaths of the second year lie in it, two of them soon after the first, and nothing is tied."""
    days = [each.days for each in patients]
    dead = [each.days for each in patients if each.dead]
    return (
        len(set(days)) == len(days)
        and to_days(12) < dead[2] < dead[3] <= to_days(LATE_VISIT_MONTHS)
        and dead[5] <= to_days(24) < dead[6]
    )


def draw_segments(rng: random.Random, patients: list[Patient]) -> list[tuple[int, int]] | None:
    """(patient, day of the last MRI) of each segment; None where the draw fails."""
    early = [i for i, each in enumerate(patients) if each.dead][:EARLY_DEATHS]
    doubled = rng.sample([i for i in range(PATIENTS) if i not in early], DOUBLE)
    seen = [(owner, _last_mri(rng, patients, owner, owner in early)) for owner in sorted([*range(PATIENTS), *doubled])]
    order = sorted(range(SEGMENTS), key=lambda i: seen[i][1])
    day = int(FOLLOW_UP["segment"][1] * DAYS_PER_MONTH)
    for place, moved in ((13, day), (14, day + 1)):  # the middle two of 28, a half day either side of the median
        owner = seen[order[place]][0]
        if not seen[order[12]][1] <= moved <= min(seen[order[15]][1], patients[owner].days):
            return None
        seen[order[place]] = (owner, moved)
    return seen


def _last_mri(rng: random.Random, patients: list[Patient], owner: int, early: bool) -> int:
    """Before a death by 1 to 6 months, else within 6 months of the last contact, the interval of the schedule."""
    shortest, _, longest = (to_days(value) for value in FOLLOW_UP["segment"])
    last = patients[owner].days
    if early:
        return shortest if owner == 0 else rng.randint(shortest + 1, min(last, to_days(12)) - 1)
    if owner == PATIENTS - 1:
        return longest
    gap = rng.randint(to_days(1) if patients[owner].dead else 0, to_days(6))
    return min(max(to_days(12.1), last - gap), longest - 1)


def draw_recurrence(rng: random.Random, seen: list[tuple[int, int]]) -> int | None:
    """The segment that recurs at 18 months with 20 at risk."""
    day = to_days(RECURRENCE_MONTHS)
    if sum(last >= day for _, last in seen) != 20:
        return None
    return rng.choice([i for i, (_, last) in enumerate(seen) if last > day])


def draw_fractures(rng: random.Random, patients: list[Patient], seen: list[tuple[int, int]]) -> dict[int, int] | None:
    """Day of fracture by segment: six in six patients, with the printed median and range."""
    first, median, last = (to_days(value) for value in FRACTURE["times"])
    third = rng.randint(to_days(12.5), median - 1)
    second, fifth = rng.randint(to_days(12.1), third), rng.randint(to_days(24) + 1, last - 1)
    days = [first, second, third, 2 * median - third, fifth, last]
    chosen: dict[int, int] = {}
    owners: set[int] = set()
    for day in reversed(days):
        able = [i for i, (owner, mri) in enumerate(seen) if mri >= day and i not in chosen and owner not in owners]
        if not able:
            return None
        segment = rng.choice(able)
        chosen[segment] = day
        owners.add(seen[segment][0])
    times, codes = [], []
    for i, (owner, mri) in enumerate(seen):
        ended = (chosen[i], 1) if i in chosen else (patients[owner].days, 2) if patients[owner].dead else (mri, 0)
        times.append(ended[0] / DAYS_PER_MONTH)
        codes.append(ended[1])
    curve = cumulative_incidence(times, codes, 1)
    for month, printed in FRACTURE["incidence"].items():
        there = curve.at(month)
        if not printed.agrees(there.incidence, there.lower, there.upper):
            return None
    return chosen


def to_days(months: float) -> int:
    """The nearest day to a time in months."""
    return round(months * DAYS_PER_MONTH)


def search(seed: int = SEED) -> tuple[list[Patient], list[tuple[int, int]], int, dict[int, int], int]:
    """The first draw that meets everything: patients, segments, the recurrence, the fractures, and how many draws."""
    rng = random.Random(seed)
    patterns = [pattern for pattern in survival_patterns() if possible(pattern)]
    for count in range(1, TRIES + 1):
        patients = draw_patients(rng, rng.choice(patterns))
        if not sound(patients):
            continue
        seen = draw_segments(rng, patients)
        recurrence = draw_recurrence(rng, seen) if seen is not None else None
        if seen is None or recurrence is None:
            continue
        for _ in range(40):
            fractures = draw_fractures(rng, patients, seen)
            if fractures is not None:
                return patients, seen, recurrence, fractures, count
    raise SystemExit(f"no draw of {TRIES} meets the printed figures")


def main(folder: Path) -> None:
    """Search, write the CSVs, say what is left open."""
    patterns = survival_patterns()
    print(f"{len(patterns)} patterns of numbers at risk give the 2-year survival, by deaths in year 2:")
    for deaths in sorted({len(pattern) for pattern in patterns}):
        told = [pattern for pattern in patterns if len(pattern) == deaths]
        allowed = sum(possible(pattern) for pattern in told)
        print(f"  {deaths} deaths: {len(told)}, of which {allowed} agree with the median follow-up")
    patients, seen, recurrence, fractures, count = search()
    survival = kaplan_meier([p.days / DAYS_PER_MONTH for p in patients], [p.dead for p in patients]).at(24)
    print(f"found at draw {count}: 2-year survival {survival.survival:.4f} ({survival.lower:.4f}-{survival.upper:.4f})")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "patients.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("patient", "days", "dead"))
        writer.writerows((f"R{i + 1:02d}", each.days, int(each.dead)) for i, each in enumerate(patients))
    with (folder / "segments.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("patient", "segment", "last_mri_days", "recurrence_days", "fracture_days"))
        for i, (owner, day) in enumerate(seen):
            again = to_days(RECURRENCE_MONTHS) if i == recurrence else ""
            writer.writerow((f"R{owner + 1:02d}", f"S{i + 1:02d}", day, again, fractures.get(i, "")))
    assert len(seen) == SEGMENTS
    assert LOCAL_CONTROL[24].agrees(1 - 1 / 20)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("tests/data/mitsuyoshi_2025"))
