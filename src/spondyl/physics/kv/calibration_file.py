"""A kilovoltage source's calibration as a YAML file: read, checked for its units, refused where it cannot be.

The format is told in docs/reference/kv-calibration.md; `data/machines/kv/` holds an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from spondyl.core.errors import MachineError
from spondyl.physics.data_file import parse_yaml, read_text
from spondyl.physics.kv.source_output import PolarAnisotropy, SourceOutput

SEE = "see docs/reference/kv-calibration.md"
UNITS = {"distance": "mm", "thickness": "mm", "dose_rate": "Gy/min", "angle": "deg"}
CONVERSIONS = {
    "cGy/min": "divide the dose rates by 100", "mGy/min": "divide the dose rates by 1000",
    "Gy/h": "divide the dose rates by 60", "Gy/s": "multiply the dose rates by 60",
    "cm": "multiply by 10", "m": "multiply by 1000", "um": "divide by 1000", "rad": "multiply by 57.296",
}  # fmt: skip
PLAUSIBLE_AT_MM = 10.0
PLAUSIBLE_GY_PER_MIN = (0.37, 37.0)
"""At `PLAUSIBLE_AT_MM`: a tenth and ten times the published output (Sethi 2018: 7.04 Gy/min at 8 mm, falling as
r^-2.9); a file in cGy/min, Gy/h or Gy/s lies outside."""
SHORTEST_MM = 15.0
"""The depth dose reaches at least here from the point of emission: 8 Gy is prescribed at up to 13 mm (Bludau 2019)."""
FALL_OFF = (2.0, 6.0)
"""Dose falls between r^-2, no attenuation, and r^-6: 11 keV photons at 10 mm, where it is 2 + mu r;
50 kV gives about r^-2.9."""
AGREE_WITHIN = 0.02
"""The reference dose rate and the depth dose at that depth may differ by so much: the rounding of a measured table."""

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Origin = Literal["applicator-surface", "source-centre"]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LayerFacts(_Closed):
    """A wall that the spectrum file does not hold yet."""

    material: str
    thickness_mm: NotNegative


class ReferenceFacts(_Closed):
    """The measured point that fixes the emission."""

    depth_from: Origin
    depth_mm: NotNegative
    dose_rate_gy_per_min: Positive


class DepthDoseFacts(_Closed):
    """Dose rate to water in water against depth, in one direction."""

    depth_from: Origin
    angle_deg: Annotated[float, Field(ge=0, le=180)]
    depth_mm: tuple[NotNegative, ...] = Field(min_length=3)
    dose_rate_gy_per_min: tuple[Positive, ...]


class AnisotropyFacts(_Closed):
    """Dose at equal distance by angle; relative to any one direction."""

    distance_from_source_mm: Positive
    angle_deg: tuple[NotNegative, ...]
    relative: tuple[Positive, ...]


class CalibrationFile(_Closed):
    """What a calibration file holds; unknown keys are refused."""

    name: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    units: dict[str, str]
    surface_from_source_mm: Positive
    spectrum_csv: str
    layers: tuple[LayerFacts, ...] = ()
    reference: ReferenceFacts
    depth_dose: DepthDoseFacts
    anisotropy: AnisotropyFacts | Literal["isotropic"]

    def output(self, what: str) -> SourceOutput:
        """The dose rates that the file gives, from the point of emission; `what` names the file in messages."""
        table, wanted = self.depth_dose, self.reference
        distance = np.asarray(table.depth_mm) + self._origin_mm(table.depth_from)
        rate = np.asarray(table.dose_rate_gy_per_min)
        if distance.shape != rate.shape:
            raise MachineError(
                f"{what}: depth_dose has {distance.size} depths and {rate.size} dose rates, expected equal"
            )
        _check_table(distance, rate, what)
        made = SourceOutput(
            self.surface_from_source_mm,
            distance,
            rate,
            wanted.depth_mm + self._origin_mm(wanted.depth_from),
            wanted.dose_rate_gy_per_min,
            table.angle_deg,
            self._anisotropy(table.angle_deg),
            self.source,
        )
        _check_output(made, what)
        return made

    def _origin_mm(self, depth_from: Origin) -> float:
        return self.surface_from_source_mm if depth_from == "applicator-surface" else 0.0

    def _anisotropy(self, angle_deg: float) -> PolarAnisotropy:
        if isinstance(self.anisotropy, str):
            return PolarAnisotropy()
        given = PolarAnisotropy(np.asarray(self.anisotropy.angle_deg), np.asarray(self.anisotropy.relative))
        return PolarAnisotropy(given.angle_deg, given.relative / given.at(np.cos(np.radians(angle_deg))))


def read_calibration(path: Path) -> CalibrationFile:
    """Read a calibration file.

    Raises
    ------
    MachineError
        If it cannot be read, a key is missing or unknown, a unit is another than the format's, or a value is out of
        its range.
    """
    return parse_calibration(read_text(path, "calibration file"), f"calibration file {path}")


def parse_calibration(text: str, what: str = "calibration file") -> CalibrationFile:
    """A calibration file's text, checked; as `read_calibration`, `what` names it in messages."""
    read = parse_yaml(CalibrationFile, text, what, "calibration file", SEE)
    _check_units(read.units, what)
    return read


def _check_units(units: Mapping[str, str], what: str) -> None:
    """Every unit is stated, and is the format's."""
    for kind, unit in UNITS.items():
        given = units.get(kind)
        if given is None:
            raise MachineError(
                f'{what}: units lacks "{kind}", expected "{unit}": state it, so that none is guessed; {SEE}'
            )
        if given != unit:
            how = CONVERSIONS.get(given, "convert the values")
            raise MachineError(f'{what}: units.{kind} is "{given}", expected "{unit}": {how} and state {unit}')
    unknown = sorted(set(units) - set(UNITS))
    if unknown:
        raise MachineError(f'{what}: units names "{unknown[0]}", expected {", ".join(UNITS)}')


def _check_table(distance: np.ndarray, rate: np.ndarray, what: str) -> None:
    """Depths rise, dose falls as it can in water."""
    if distance[0] <= 0:
        raise MachineError(f"{what}: depth_dose starts at the source's centre, expected depths above 0 from there")
    if bool((np.diff(distance) <= 0).any()) or bool((np.diff(rate) >= 0).any()):
        raise MachineError(f"{what}: depth_dose must have rising depths and falling dose rates; sort the table")
    if distance[-1] < SHORTEST_MM:
        raise MachineError(
            f"{what}: depth_dose ends {distance[-1]:g} mm from the source, expected {SHORTEST_MM:g} mm or more; are "
            "the depths in cm? give mm"
        )
    power = float(-np.log(rate[-1] / rate[0]) / np.log(distance[-1] / distance[0]))
    if not FALL_OFF[0] <= power <= FALL_OFF[1]:
        raise MachineError(
            f"{what}: dose falls as r^-{power:.2f} from {distance[0]:g} to {distance[-1]:g} mm, expected r^-"
            f"{FALL_OFF[0]:g} to r^-{FALL_OFF[1]:g}; check depth_from, depth_mm and that rates are not relative"
        )


def _check_output(made: SourceOutput, what: str) -> None:
    """The dose rate is one that such a source can have, and the file does not contradict itself."""
    there = float(made.dose_rate_at(PLAUSIBLE_AT_MM))
    low, high = PLAUSIBLE_GY_PER_MIN
    if not low <= there <= high:
        raise MachineError(
            f"{what}: dose rate {PLAUSIBLE_AT_MM:g} mm from the source is {there:.3g}, expected {low:g} to {high:g} "
            "Gy/min; are the dose rates in cGy/min or Gy/h, the depths in cm? give Gy/min and mm"
        )
    table = float(made.dose_rate_at(made.reference_mm))
    if abs(table / made.reference_gy_per_min - 1) > AGREE_WITHIN:
        raise MachineError(
            f"{what}: reference gives {made.reference_gy_per_min:g} Gy/min {made.reference_mm:g} mm from the source, "
            f"the depth dose {table:.4g}, expected both within {100 * AGREE_WITHIN:g} %; scale the table or correct "
            "the reference"
        )
