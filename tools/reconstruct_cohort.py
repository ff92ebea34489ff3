"""Dress the reconstructed times of Mitsuyoshi 2025 as a cohort of spondyl, in CSV.

    python tools/reconstruct_cohort.py [tests/data/mitsuyoshi_2025]

Reads patients.csv and segments.csv of `tools/reconstruct_trial.py` and gives every patient and segment the rest that
the paper tells as counts, medians and ranges (its Table 2, Results): drawn with a fixed seed, so that every count is
met and nothing is known of who had what. The one exception is printed: the recurrence was of renal cancer in the
sacrum, with the largest GTV. Dates are drawn within the printed enrolment; pain scores, grades at visits and what was
not printed (dates of reactions, days of earlier MRI) are invented. No line is a patient.
"""

from __future__ import annotations

import csv
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from spondyl.followup.records import Cohort, PatientRecord
from spondyl.io.cohort_csv import write_cohort

SEED = 20200901
NAME = "Reconstructed from the figures of Mitsuyoshi 2025: not patients"
FOLDER = "reconstructed_not_patients"
FIRST, LAST, CUTOFF = date(2020, 9, 1), date(2023, 3, 31), date(2024, 4, 30)
"""Enrolment as printed; the day of analysis is ours: follow-up of 39.1 months and none lost agree with it."""
VISITS = (14, 91, 183, 365, 548, 731, 913, 1096)
"""Days of the printed schedule: 2 weeks, 3, 6, 12 months, then every 6 months."""
READERS = ("radiologist", "radiation-oncologist")
GOALS = (("D50%", 42.0, "optimal"), ("D50%", 36.0, "mandatory"), ("D98%", 27.0, "optimal"), ("D98%", 21.0, "mandatory"))
PRIMARIES = {"breast": 9, "prostate": 8, "lung": 4, "renal": 4, "other": 3}
REGIONS = {"C": 1, "T": 11, "L": 10, "S": 6}
LEVELS = {"C": ["C7"], "T": [f"T{i}" for i in range(2, 13)], "L": [f"L{i}" for i in range(1, 6)], "S": ["S1"]}
Row = dict[str, str]


def spread(rng: random.Random, n: int, low: float, middle: float, high: float, digits: int = 1) -> list[float]:
    """`n` values with this median and range, in ascending order."""
    half = (n - 1) // 2
    below = [low, *(rng.uniform(low, middle) for _ in range(half - 1))]
    above = [*(rng.uniform(middle, min(high, 3 * middle)) for _ in range(half - 1)), high]
    centre = [middle] if n % 2 else [middle, middle]
    return sorted(round(value, digits) for value in (*below, *centre, *above))


def shuffled(rng: random.Random, counts: dict[str, int]) -> list[str]:
    """Each word as often as counted, in random order."""
    words = [word for word, count in counts.items() for _ in range(count)]
    rng.shuffle(words)
    return words


def characteristics(rng: random.Random, segments: list[Row]) -> list[dict[str, Any]]:
    """One mapping a segment, the printed counts met."""
    recurred = next(i for i, row in enumerate(segments) if row["recurrence_days"])
    owners: dict[str, list[int]] = {}
    for i, row in enumerate(segments):
        owners.setdefault(row["patient"], []).append(i)
    while True:
        primary, region = shuffled(rng, PRIMARIES), shuffled(rng, REGIONS)
        shared = all(len({primary[i] for i in own}) == 1 for own in owners.values())
        if shared and (primary[recurred], region[recurred]) == ("renal", "S"):
            break
    n, others = len(segments), [i for i in range(len(segments)) if i != recurred]
    volumes = dict(zip([*rng.sample(others, n - 1), recurred], spread(rng, n, 1.1, 9.5, 183.4), strict=True))
    targets = dict(
        zip([*sorted(others, key=lambda i: volumes[i]), recurred], spread(rng, n, 17.3, 70.2, 468.7), strict=True)
    )
    d50, d98 = spread(rng, n, 41.3, 43.2, 45.7), spread(rng, n, 25.3, 32.8, 41.4)
    rng.shuffle(d50)
    rng.shuffle(d98)
    sins = shuffled(rng, {"stable": 22, "potentially unstable": 6})
    lesions = shuffled(rng, {"lytic": 5, "mixed": 16, "blastic": 7})
    bilsky = iter(shuffled(rng, {"0": 7, "1a": 12, "1c": 3}))
    broken = rng.choice([i for i, row in enumerate(segments) if not row["fracture_days"]])
    return [
        {
            "primary": primary[i], "region": region[i], "level": rng.choice(LEVELS[region[i]]), "gtv": volumes[i],
            "ptv": targets[i], "d50": d50[i], "d98": d98[i],
            "sins": rng.randint(2, 6) if sins[i] == "stable" else rng.randint(7, 9), "type": lesions[i],
            "bilsky": next(bilsky) if region[i] != "S" else None, "fractured": i == broken,
        }
        for i in range(n)
    ]  # fmt: skip


def first_day(rng: random.Random, days: int, dead: bool) -> date:
    """A first fraction within enrolment that agrees with the day of analysis."""
    newest = min(LAST, CUTOFF - timedelta(days=days))
    oldest = FIRST if dead else max(FIRST, CUTOFF - timedelta(days=days + 182))
    return oldest + timedelta(days=rng.randint(0, (newest - oldest).days))


def sexes(rng: random.Random, primaries: list[str]) -> list[str]:
    """15 men and 10 women, breast and prostate as they must be."""
    fixed = {"breast": "female", "prostate": "male"}
    left = ["female"] * (10 - primaries.count("breast")) + ["male"] * (15 - primaries.count("prostate"))
    rng.shuffle(left)
    return [fixed[primary] if primary in fixed else left.pop() for primary in primaries]


def build(folder: Path, seed: int = SEED) -> Cohort:
    """The cohort of the CSVs in `folder`."""
    rng = random.Random(seed)
    patients, segments = read(folder / "patients.csv"), read(folder / "segments.csv")
    traits = characteristics(rng, segments)
    own = {row["patient"]: [i for i, s in enumerate(segments) if s["patient"] == row["patient"]] for row in patients}
    sex = sexes(rng, [traits[own[row["patient"]][0]]["primary"] for row in patients])
    ages = [round(age) for age in spread(rng, len(patients), 43, 70, 86, 0)]
    rng.shuffle(ages)
    names = [row["patient"] for row in patients]
    single = [name for name in names if len(own[name]) == 1]
    hurt, numb = rng.sample(single, 6), rng.sample(names, 2)
    lame = rng.sample(names, 5)
    fractured = {s["patient"] for s in segments if s["fracture_days"]}
    reacted = dict(zip(rng.sample([n for n in names if n not in fractured], 3), REACTIONS, strict=True))
    grades = shuffled(rng, {"1": 3, "2": 3})
    made: list[PatientRecord] = []
    for i, row in enumerate(patients):
        name, days, dead = row["patient"], int(row["days"]), row["dead"] == "1"
        start = first_day(rng, days, dead)
        end = start + timedelta(days=days)
        mine = [(segments[j], traits[j]) for j in own[name]]
        pain = None if name not in hurt else (rng.randint(4, 8), 2 if name == hurt[0] else 0)
        events = [
            {"on": _after(start, s["fracture_days"]), "term": "Fracture", "grade": int(grades.pop()),
             "lesion_id": s["segment"]} for s, _ in mine if s["fracture_days"]
        ]  # fmt: skip
        if name in reacted:
            term, grade, day = reacted[name]
            events.append({"on": start + timedelta(days=day), "term": term, "grade": grade, "lesion_id": None})
        made.append(
            PatientRecord.model_validate(
                {
                    "pseudonym": name,
                    "sex": sex[i],
                    "birth_year": start.year - ages[i],
                    "primary_histology": mine[0][1]["primary"],
                    "screened_on": start - timedelta(days=14),
                    "enrolled_on": start - timedelta(days=7),
                    "last_contact_on": None if dead else end,
                    "lesions": [_lesion(s, t, mine[0][1]["primary"], ages[i]) for s, t in mine],
                    "assessments": [a for s, t in mine for a in _assessments(s, t, start)],
                    "plans": [_plan(s, t) for s, t in mine],
                    "treatments": [_treatment(s, start) for s, _ in mine],
                    "visits": list(_visits(start, end, dead, pain, name in numb, int(name in lame))),
                    "imaging": [image for s, _ in mine for image in _imaging(s, start)],
                    "fractures": [reading for s, t in mine for reading in _fractures(s, t, start)],
                    "adverse_events": events,
                    "death": {"on": end, "cause": "tumour"} if dead else None,
                }
            )
        )
    return Cohort(name=NAME, patients=tuple(made))


REACTIONS = (("Pain", 2, 10), ("Esophagitis", 1, 14), ("Radiculitis", 1, 120))
"""The printed reactions that were no fracture; their days are invented."""


def _after(start: date, days: str) -> date:
    return start + timedelta(days=int(days))


def _lesion(segment: Row, traits: dict[str, Any], primary: str, age: int) -> dict[str, Any]:
    lesion: dict[str, Any] = {"bone_lesion_type": traits["type"], "fracture": traits["fractured"]}
    if traits["bilsky"] is not None:
        lesion["bilsky_escc"] = traits["bilsky"]
    facts = {
        "clinical": {"age_years": age, "primary_histology": primary, "lesion": lesion},
        "measured": {"gtv_volume_cm3": traits["gtv"]},
    }
    return {"lesion_id": segment["segment"], "level": traits["level"], "facts": facts}


def _assessments(segment: Row, traits: dict[str, Any], start: date) -> list[dict[str, Any]]:
    on = start - timedelta(days=7)
    found: list[dict[str, Any]] = [
        {"lesion_id": segment["segment"], "on": on, "instrument": "sins", "total": float(traits["sins"])}
    ]
    if traits["bilsky"] is not None:
        found.append({"lesion_id": segment["segment"], "on": on, "instrument": "bilsky", "grade": traits["bilsky"]})
    return found


def _plan(segment: Row, traits: dict[str, Any]) -> dict[str, Any]:
    values = {"D50%": traits["d50"], "D98%": traits["d98"]}
    metrics = [("GTV", "D50%", traits["d50"], "Gy"), ("GTV", "D98%", traits["d98"], "Gy")]
    metrics += [("GTV", "volume", traits["gtv"], "cm3"), ("PTV_Eval", "volume", traits["ptv"], "cm3")]
    return {
        "plan_id": f"P{segment['segment']}",
        "lesion_id": segment["segment"],
        "technique": "vmat",
        "protocol": "sib-sbrt-30in5",
        "prescription_gy": 30.0,
        "fractions": 5,
        "metrics": [dict(zip(("structure", "metric", "value", "unit"), each, strict=True)) for each in metrics],
        "verdicts": [
            {"structure": "GTV", "metric": metric, "op": ">=", "limit": limit, "value": values[metric], "unit": "Gy",
             "level": level, "status": "pass" if values[metric] >= limit else "fail",
             "margin": round(values[metric] - limit, 1), "source": "Mitsuyoshi 2025, Table 1"}
            for metric, limit, level in GOALS
        ],
    }  # fmt: skip


def _treatment(segment: Row, start: date) -> dict[str, Any]:
    return {
        "treatment_id": f"T{segment['segment']}", "lesion_id": segment["segment"], "kind": "sbrt", "intent": "index",
        "started_on": start, "ended_on": start + timedelta(days=6), "plan_id": f"P{segment['segment']}",
        "dose_gy": 30.0, "fractions": 5,
    }  # fmt: skip


def _visits(start: date, end: date, dead: bool, pain: tuple[int, int] | None, numb: bool, ecog: int) -> Any:
    before, after = pain or (0, 0)
    days = [-7, *(day for day in VISITS if start + timedelta(days=day) < end)]
    if not dead:
        days.append((end - start).days)
    for day in days:
        score = before if day < 0 else (before + after) // 2 if day <= 14 else after
        yield {
            "on": start + timedelta(days=day), "pain_vas": float(score), "oral_morphine_mg_per_day": 0.0,
            "frankel": "D" if numb and day <= 14 else "E", "ambulatory": True, "ecog": ecog if day < 0 else None,
        }  # fmt: skip


def _mri_days(segment: Row) -> list[int]:
    last = int(segment["last_mri_days"])
    extra = [int(segment["recurrence_days"])] if segment["recurrence_days"] else []
    return sorted({*(day for day in VISITS[1:] if day < last - 45), last, *extra})


def _imaging(segment: Row, start: date) -> Any:
    again = int(segment["recurrence_days"]) if segment["recurrence_days"] else None
    for day in _mri_days(segment):
        state = "progression" if again is not None and day >= again else "controlled"
        for reader in READERS:
            yield {
                "lesion_id": segment["segment"], "on": start + timedelta(days=day), "reader": reader,
                "modality": "MRI", "spino": state,
            }  # fmt: skip


def _fractures(segment: Row, traits: dict[str, Any], start: date) -> Any:
    broke = int(segment["fracture_days"]) if segment["fracture_days"] else None
    days = sorted({-7, *_mri_days(segment), *([broke] if broke is not None else [])})
    for day in days:
        if broke is not None and day >= broke:
            finding = "new" if day == broke else "unchanged"
        else:
            finding = "unchanged" if traits["fractured"] else "none"
        yield {
            "lesion_id": segment["segment"], "on": start + timedelta(days=day), "level": traits["level"],
            "finding": finding,
        }  # fmt: skip


def read(path: Path) -> list[Row]:
    """Rows of a CSV by column."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("tests/data/mitsuyoshi_2025")
    write_cohort(build(target).patients, target / FOLDER)
