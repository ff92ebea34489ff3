"""The key numbers of a needle plan in each calculation: water, patient, patient with cement, and how they compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spondyl.anatomy import Structure, Structures
from spondyl.core.errors import DoseGridError
from spondyl.dose import Dose
from spondyl.evaluate import DVH, MetricValue, dvh, metric

TARGET_METRICS = ("D98%", "D90%", "Dmean", "Dmin")
NEURAL_METRICS = ("Dmax", "D0.03cc")
OTHER_METRICS = ("Dmax", "D1cc")
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


def key_numbers(
    doses: Mapping[str, Dose | None],
    target: Structure,
    neural: Sequence[Structure],
    others: Sequence[Structure],
    dvhs: Mapping[str, DVH],
) -> tuple[KeyNumber, ...]:
    """The table of a plan.

    Parameters
    ----------
    doses
        By `READINGS`; None where that calculation was not made.
    target
        Without the applicator.
    neural, others
        Cord, sac and canal; skin and neighbouring vertebrae.
    dvhs
        Of the patient's dose to medium, made already, by structure name.
    """
    wanted = [(target, TARGET_METRICS), *((s, NEURAL_METRICS) for s in neural), *((s, OTHER_METRICS) for s in others)]
    return tuple(row for structure, metrics in wanted for row in _rows(doses, structure, metrics, dvhs))


def _rows(
    doses: Mapping[str, Dose | None], structure: Structure, metrics: Sequence[str], dvhs: Mapping[str, DVH]
) -> Iterator[KeyNumber]:
    curves = {
        reading: _curve(doses.get(reading), structure, dvhs if reading == "patient" else {}) for reading in READINGS
    }
    for name in metrics:
        found = {reading: None if curve is None else _known(metric(curve, name)) for reading, curve in curves.items()}
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


def _known(value: MetricValue) -> float | None:
    return value.value


def near(structures: Structures, dose: Dose, names: Sequence[str]) -> tuple[Structure, ...]:
    """Those of `names` that are there, drawn, and at least in part on the dose grid."""
    from spondyl.evaluate import is_drawn, meets

    there = (structures[name] for name in names if name in structures)
    return tuple(s for s in there if is_drawn(s) and meets(dose, s))
