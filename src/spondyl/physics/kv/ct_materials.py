"""CT numbers to composition for kilovoltage: Schneider's tissues, blended so that absorption has no jumps.

At 20 to 30 keV absorption follows calcium, so the 24 published bins would step by 95 % from connective tissue to
bone, and by 10 to 30 % from one kind of bone to the next. Each boundary between two bins becomes a linear ramp as
wide as the narrower of them, centred on it: what lies in the middle of a bin keeps the published composition. The
ramps are cut into cells whose energy absorption differs by `step` at most.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spondyl.core import Image
from spondyl.core.errors import ImageError
from spondyl.physics.cross_sections import mass_energy_absorption
from spondyl.physics.ct_calibration import CtCalibration, schneider_calibration
from spondyl.physics.materials import Material
from spondyl.physics.mixtures import mixture

STEP = 0.04
"""Largest relative step of the mass energy-absorption coefficient at `STEP_ENERGY_KEV` from one cell to the next: a
voxel is at most half of it off, and over a path of many voxels that averages out. In most tissues 10 HU of CT noise
are worth 2 to 3 %."""
STEP_ENERGY_KEV = 20.0
"""Near the mean energy of a 50 kV source behind 5 mm of water, where calcium tells most."""
LAST_BIN_HU = 100.0
"""Width taken for the open last bin: that of the bins before it."""
METAL_HU = 3000.0
"""From here a CT of 12 bits is about to saturate: metal, unless it is overridden."""


def blended_composition(hu: float, curve: CtCalibration | None = None) -> Material:
    """The composition at one CT number, continuous in it; `curve` is Schneider's by default."""
    table = curve or schneider_calibration()
    for lower, upper, low_hu, high_hu in _ramps(table):
        if hu <= low_hu:
            return lower
        if hu < high_hu:
            return _blend(lower, upper, (hu - low_hu) / (high_hu - low_hu))
    return table.materials[-1]


@cache
def kv_calibration(step: float = STEP) -> CtCalibration:
    """Schneider's curve with blended materials, for `medium_from_ct`.

    Parameters
    ----------
    step
        See `STEP`.

    Returns
    -------
    The density curve of `schneider_calibration`, which is continuous, with about a hundred compositions.
    """
    table = schneider_calibration()
    starts, made = [float(table.material_from_hu[0])], [table.materials[0]]
    for lower, upper, low_hu, high_hu in _ramps(table):
        ends = _absorption(lower), _absorption(upper)
        cells = max(1, int(np.ceil(abs(ends[1] - ends[0]) / min(ends) / step)))
        edges = np.linspace(low_hu, high_hu, cells + 1)
        if starts[-1] >= edges[0]:  # the last bin has no middle of its own: the ramps meet
            starts.pop()
            made.pop()
        starts += [*edges[:-1].tolist(), high_hu]
        made += [*(_blend(lower, upper, (k + 0.5) / cells) for k in range(cells)), upper]
    source = f"{table.source}, bins blended into each other"
    return CtCalibration(table.hu, table.density_g_per_cm3, np.asarray(starts), tuple(made), source)


def check_ct(ct: Image) -> None:
    """Refuse a CT that no medium can be made of.

    Raises
    ------
    ImageError
        If a CT number is not finite; the first place is told.
    """
    bad = ~np.isfinite(ct.values)
    if bool(bad.any()):
        z, y, x = (int(i[0]) for i in np.nonzero(bad))
        raise ImageError(
            f"CT holds {int(bad.sum())} CT numbers that are not finite, first at voxel [z {z}, y {y}, x {x}], expected "
            "HU; export the series again"
        )


def disturbed_ct(ct: Image, region: NDArray[np.bool_], shift_hu: float) -> Image:
    """The CT as an artefact would show it: `shift_hu` added in `region`, shape of the CT.

    Raises
    ------
    ImageError
        If `region` has another shape or holds no voxel.
    """
    if region.shape != ct.grid.shape:
        raise ImageError(f"artefact region has shape {region.shape}, expected the CT's {ct.grid.shape}")
    if not bool(region.any()):
        raise ImageError("artefact region holds no voxel, expected the surroundings of needle or hardware; enlarge it")
    values = np.array(ct.values, np.float32)
    values[region] += np.float32(shift_hu)
    return Image(ct.grid, values, ct.modality)


def _ramps(table: CtCalibration) -> list[tuple[Material, Material, float, float]]:
    """Each boundary between two bins: the materials on both sides, and from where to where one becomes the other."""
    edges = [*table.material_from_hu.tolist(), float(table.material_from_hu[-1]) + LAST_BIN_HU]
    widths = [high - low for low, high in pairwise(edges)]
    found: list[tuple[Material, Material, float, float]] = []
    for k, (lower, upper) in enumerate(pairwise(table.materials)):
        half = min(widths[k], widths[k + 1]) / 2
        found.append((lower, upper, edges[k + 1] - half, edges[k + 1] + half))
    return found


def _blend(lower: Material, upper: Material, upper_share: float) -> Material:
    made = mixture(lower, upper, upper_share)
    return Material(f"{lower.name}..{upper.name} {upper_share:.3f}", made.density_g_per_cm3, made.mass_fractions)


def _absorption(material: Material) -> float:
    return float(mass_energy_absorption(material, STEP_ENERGY_KEV / 1000)[0])
