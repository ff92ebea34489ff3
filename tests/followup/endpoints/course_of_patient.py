"""Short patients for the tests of endpoints: one lesion, treated on day 0, everything else by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from spondyl.followup.records import PatientRecord

START = date(2022, 1, 1)


def on(day: int) -> date:
    """The date of a day after treatment."""
    return START + timedelta(days=day)


def read(
    day: int, *words: str, readers: tuple[str, ...] = ("reader-1", "reader-2", "reader-3")
) -> list[dict[str, Any]]:
    """One image: a word from each reader."""
    return [
        {"lesion_id": "L", "on": on(day), "reader": reader, "modality": "MRI", "spino": word}
        for reader, word in zip(readers, words, strict=False)
    ]


def visit(day: int, **values: Any) -> dict[str, Any]:
    """One visit."""
    return {"on": on(day), **values}


def patient(name: str = "P1", *, died: int | None = None, **fields: Any) -> PatientRecord:
    """A patient with one lesion that is treated from day 0 to day 6."""
    treatment = {
        "treatment_id": "T1", "lesion_id": "L", "kind": "sbrt", "intent": "index", "started_on": on(0),
        "ended_on": on(6),
    }  # fmt: skip
    given = {
        "pseudonym": name,
        "lesions": [{"lesion_id": "L", "level": "T11"}],
        "treatments": [treatment, *fields.pop("more_treatments", [])],
        "death": None if died is None else {"on": on(died), "cause": "tumour"},
    }
    return PatientRecord.model_validate(given | fields)
