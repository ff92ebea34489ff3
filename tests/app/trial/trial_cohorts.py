"""Cohorts for the tests of trial reports: nobody, one, nothing happening, everybody dead, two arms."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

from spondyl.followup.records import Cohort, PatientRecord

sys.path.append(str(Path(__file__).parents[2] / "followup" / "endpoints"))
from course_of_patient import on, patient, read, visit


def cohort(name: str, *patients: PatientRecord) -> Cohort:
    """A cohort of that name."""
    return Cohort(name=name, patients=patients)


def calm(name: str, day: int) -> PatientRecord:
    """Alive, controlled and whole."""
    whole = {"lesion_id": "L", "on": on(day), "level": "T11", "finding": "none"}
    return patient(
        name, last_contact_on=on(day), imaging=read(day, "controlled", "controlled"), fractures=[whole],
        visits=[visit(-3, pain_vas=0.0)],
    )  # fmt: skip


EMPTY = cohort("empty")
ALONE = cohort("alone", patient(last_contact_on=on(100)))
UNTREATED = cohort("untreated", patient(treatments=[]))
NO_EVENTS = cohort("no events", *(calm(f"P{i}", 90 + 10 * i) for i in range(8)))
ALL_DEAD = cohort(
    "all dead",
    *(patient(f"P{i}", died=50 + 40 * i, imaging=read(40, "controlled", "controlled")) for i in range(8)),
)


def two_arms(count: int = 60, seed: int = 3) -> Cohort:
    """Many patients in two arms, with everything that can happen."""
    rng = random.Random(seed)
    return cohort("two arms", *(_member(rng, i) for i in range(count)))


def _member(rng: random.Random, i: int) -> PatientRecord:
    if i in (5, 6, 7):
        reason = "declined" if i == 7 else "life expectancy below 3 months"
        return patient(f"P{i:03d}", screened_on=on(-20), excluded_reason=reason, treatments=[])
    end = min(1200, int(rng.expovariate(1 / 400)) + 40)
    days = range(30, end, 90)
    fields: dict[str, Any] = {
        "arm": ("Kypho-IORT", "EBRT")[i % 2],
        "screened_on": on(-20),
        "enrolled_on": on(-10),
        "imaging": [r for d in days for r in read(d, *[rng.choices(("controlled", "progression"), (12, 1))[0]] * 2)],
        "fractures": [
            {"lesion_id": "L", "on": on(d), "level": "T11", "finding": rng.choices(("none", "new"), (12, 1))[0]}
            for d in days
        ],
        "visits": [
            visit(-3, pain_vas=float(rng.randint(0, 9)), oral_morphine_mg_per_day=float(rng.choice((0, 20, 40)))),
            *(
                visit(d, pain_vas=float(rng.randint(0, 8)), oral_morphine_mg_per_day=float(rng.choice((0, 20, 40, 60))))
                for d in (14, 91, 183, 365)
                if d < end
            ),
        ],
        "adverse_events": [{"on": on(20), "term": "Pain", "grade": rng.randint(1, 4)}] if rng.random() < 0.4 else [],
        "systemic_progressions": [{"on": on(rng.randint(20, end))}] if rng.random() < 0.3 else [],
    }
    return patient(f"P{i:03d}", **fields, **({"died": end} if rng.random() < 0.6 else {"last_contact_on": on(end)}))
