"""What a linac can do: its multileaf collimator, jaws, gantry and dose rate, beside the beam that leaves it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.core.errors import MachineError

Floats = NDArray[np.float64]
Limits = tuple[float, float]


@dataclass(frozen=True)
class MultileafCollimator:
    """Pairs of leaves that face each other along u and lie side by side along v (see `dose.fields`).

    Parameters
    ----------
    name
        Shown in reports.
    leaf_edges_mm
        float64, shape (pairs + 1,), ascending: the leaves' sides along v, projected to the isocentre plane.
    transmission
        Share of the fluence that passes a closed leaf, leakage between leaves averaged in.
    tongue_and_groove_mm
        Width, centred on each inner edge, where a leaf's tongue lies over its neighbour's groove.
    leaf_offset_mm
        How far beyond the light field's edge a rounded leaf end lets the fluence reach, per bank: half the dosimetric
        leaf gap.
    least_gap_mm
        Smallest distance of facing leaf tips that move while the beam is on.
    most_overtravel_mm, most_retraction_mm
        How far a leaf's tip may lie beyond the axis, and short of it.
    most_span_mm
        Largest distance between the most extended and the most retracted leaf of a bank.
    interdigitates
        Whether a leaf may pass the neighbours of the leaf that it faces.
    leaf_speed_mm_per_s
        Highest.
    """

    name: str
    leaf_edges_mm: Floats
    transmission: float
    tongue_and_groove_mm: float
    leaf_offset_mm: float
    least_gap_mm: float
    most_overtravel_mm: float
    most_retraction_mm: float
    most_span_mm: float
    interdigitates: bool
    leaf_speed_mm_per_s: float

    def __post_init__(self) -> None:
        edges = np.asarray(self.leaf_edges_mm, np.float64)
        if edges.ndim != 1 or len(edges) < 2 or not np.isfinite(edges).all() or bool((np.diff(edges) <= 0).any()):
            raise MachineError(
                f'collimator "{self.name}": leaf_edges_mm must be two or more ascending numbers, got {edges}'
            )
        object.__setattr__(self, "leaf_edges_mm", edges)
        if not 0 <= self.transmission < 1:
            raise MachineError(
                f'collimator "{self.name}": transmission must lie in [0, 1), got {self.transmission:g}; give a share'
            )
        narrowest = float(np.diff(edges).min())
        if not 0 <= self.tongue_and_groove_mm < narrowest:
            raise MachineError(
                f'collimator "{self.name}": tongue_and_groove_mm must lie in [0, {narrowest:g}), the narrowest leaf, '
                f"got {self.tongue_and_groove_mm:g}"
            )
        if self.least_gap_mm < 0 or abs(self.leaf_offset_mm) > 5:
            raise MachineError(
                f'collimator "{self.name}": least_gap_mm must not be negative and leaf_offset_mm lie within 5 mm, got '
                f"{self.least_gap_mm:g} and {self.leaf_offset_mm:g}"
            )
        if min(self.most_overtravel_mm, self.most_retraction_mm, self.most_span_mm, self.leaf_speed_mm_per_s) <= 0:
            raise MachineError(
                f'collimator "{self.name}": most_overtravel_mm, most_retraction_mm, most_span_mm and '
                "leaf_speed_mm_per_s must be positive"
            )

    @property
    def pairs(self) -> int:
        return len(self.leaf_edges_mm) - 1

    @property
    def leaf_middles_mm(self) -> Floats:
        """Middle of each leaf along v, shape (pairs,)."""
        return (self.leaf_edges_mm[1:] + self.leaf_edges_mm[:-1]) / 2

    @property
    def leaf_widths_mm(self) -> Floats:
        """Width of each leaf, shape (pairs,)."""
        return np.diff(self.leaf_edges_mm)


@dataclass(frozen=True)
class Linac:
    """A treatment machine and its limits.

    Parameters
    ----------
    name
        What plans call it.
    beam
        Name or path for `load_machine`: the photon beam.
    nominal_mv, flattened
        What plans call that beam: its accelerating potential in MV, and whether a flattening filter stands in it.
    mlc
        Its multileaf collimator.
    jaw_transmission
        Share of the fluence that passes a jaw.
    jaw_limits_mm
        (lowest, highest) of x1, x2, y1, y2 in the isocentre plane.
    gantry_speed_deg_per_s
        Highest.
    dose_rate_mu_per_min, least_dose_rate_mu_per_min
        Highest, and lowest at which the beam stays on.
    validated
        False where no measured data of this beam were compared with the model.
    source
        Where the numbers come from.
    """

    name: str
    beam: str
    nominal_mv: float
    flattened: bool
    mlc: MultileafCollimator
    jaw_transmission: float
    jaw_limits_mm: tuple[Limits, Limits, Limits, Limits]
    gantry_speed_deg_per_s: float
    dose_rate_mu_per_min: float
    least_dose_rate_mu_per_min: float
    validated: bool
    source: str

    def __post_init__(self) -> None:
        if not self.nominal_mv > 0:
            raise MachineError(f'linac "{self.name}": nominal_mv must be positive, got {self.nominal_mv:g}')
        if not 0 <= self.jaw_transmission < 1:
            raise MachineError(
                f'linac "{self.name}": jaw_transmission must lie in [0, 1), got {self.jaw_transmission:g}; give a share'
            )
        for jaw, (low, high) in zip(("x1", "x2", "y1", "y2"), self.jaw_limits_mm, strict=True):
            if not low < high:
                raise MachineError(f'linac "{self.name}": limits of jaw {jaw} must ascend, got {low:g} to {high:g} mm')
        if not self.gantry_speed_deg_per_s > 0:
            raise MachineError(
                f'linac "{self.name}": gantry_speed_deg_per_s must be positive, got {self.gantry_speed_deg_per_s:g}'
            )
        if not 0 <= self.least_dose_rate_mu_per_min < self.dose_rate_mu_per_min:
            raise MachineError(
                f'linac "{self.name}": dose rates must ascend from 0, got {self.least_dose_rate_mu_per_min:g} and '
                f"{self.dose_rate_mu_per_min:g} MU/min"
            )

    @property
    def caveat(self) -> str:
        """What plans and reports must say of this linac; empty where its beam was compared with measured data."""
        return (
            "" if self.validated else f'linac "{self.name}" is UNVALIDATED: its beam was compared with no measured data'
        )
