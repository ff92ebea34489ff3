"""What a finding is, and the plainest one: a fact that is yes, no or unknown."""

from __future__ import annotations

from collections.abc import Callable

from spondyl.clinic.decide.patient import Patient
from spondyl.clinic.decide.truth import Truth

Finding = Callable[[Patient], Truth]


def unknown(said: str, *needs: str) -> Truth:
    """It cannot be told before one of `needs` is known."""
    return Truth(None, f"{said} unknown", needs)


def yes_or_no(patient: Patient, path: str, yes: str, no: str) -> Truth:
    """A fact that is true or false, in words."""
    value = patient.fact(path)
    if value is None:
        return unknown(path.rsplit(".", 1)[-1].replace("_", " "), path)
    return Truth(bool(value), yes if value else no)
