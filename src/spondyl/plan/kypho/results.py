"""The key numbers of a needle plan in each calculation: water, patient, patient with cement, and how they compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spondyl.anatomy import Structure
from spondyl.core.errors import DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import DVH, dvh, metric
from spondyl.plan.kypho.drawn import Wanted

READINGS = ("water", "patient", "patient_to_water", "with_cement")
"""Water: the depth dose's table, all water. Patient: dose to medium, from the CT. Patient to water: the same photons'
dose to water. With cement: dose to medium as it would be after the cement."""


@dataclass(frozen=True)
class KeyNumber:
    """One metric of one structure in every reading; None where it is not known."""

    structure: str
    metric: str
    unit: str
    water: float | None
    patient: float | None
    patient_to_water: float | None
    with_cement: float | None

    @property
    def ratio(self) -> float | None:
        """Patient, dose to medium, over water; None where the water dose is below 0.01 Gy or either is unknown."""
        return self._over_water(self.patient)

    @property
    def ratio_to_water(self) -> float | None:
        """Patient, dose to water, over water: what the bone's shadow and scatter do, without its own absorption."""
        return self._over_water(self.patient_to_water)

    def _over_water(self, value: float | None) -> float | None:
        if value is None or self.water is None or self.water < 0.01:
            return None
        return value / self.water

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {**vars(self), "ratio": self.ratio, "ratio_to_water": self.ratio_to_water}


def key_numbers(doses: Mapping[str, Dose | None], wanted: Wanted, dvhs: Mapping[str, DVH]) -> tuple[KeyNumber, ...]:
    """The table of a plan.

    Parameters
    ----------
    doses
        By `READINGS`; None where that calculation was not made.
    wanted
        Structures as they are written, and their metrics.
    dvhs
        Of the patient's dose to medium, made already, by structure name.
    """
    return tuple(row for structure, metrics in wanted for row in _rows(doses, structure, metrics, dvhs))


def measured(dose: Dose, wanted: Wanted) -> dict[str, float]:
    """Each metric by "structure metric" in Gy, as `spondyl evaluate` reads it from the files.

    Where a part of a structure lies outside the dose grid and more than one value is possible, the highest; a structure
    wholly outside is left out.
    """
    found: dict[str, float] = {}
    for structure, metrics in wanted:
        curve = _curve(dose, structure, {})
        if curve is None:
            continue
        for value in (metric(curve, name) for name in metrics):
            found[f"{structure.name} {value.metric}"] = value.high if value.value is None else value.value
    return found


def _rows(
    doses: Mapping[str, Dose | None], structure: Structure, metrics: Sequence[str], dvhs: Mapping[str, DVH]
) -> Iterator[KeyNumber]:
    curves = {
        reading: _curve(doses.get(reading), structure, dvhs if reading == "patient" else {}) for reading in READINGS
    }
    for name in metrics:
        found = {reading: None if curve is None else metric(curve, name).value for reading, curve in curves.items()}
        yield KeyNumber(structure.name, name, "Gy", **found)


def _curve(dose: Dose | None, structure: Structure, made: Mapping[str, DVH]) -> DVH | None:
    if dose is None:
        return None
    if structure.name in made:
        return made[structure.name]
    try:
        return dvh(dose, structure)
    except DoseGridError:
        return None
