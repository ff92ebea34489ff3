"""Rigid registration of a second image, such as a cone-beam CT, to the planning CT: where has the patient gone?

Mutual information (Mattes et al. 2003, doi:10.1109/TMI.2003.809072) needs no common HU scale, so cupping and a wrong
calibration of a cone-beam CT do not matter. SimpleITK minimises it from coarse to fine over the bone around the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from spondyl.anatomy.structure import Structure
from spondyl.core.citations import cite
from spondyl.core.errors import ImageError
from spondyl.core.grid import Grid
from spondyl.core.image import Image, trilinear
from spondyl.core.rigid import IDENTITY, Rigid

REGION_MM = 60.0
"""Reach of the region around the target along each axis: the vertebra and its neighbours, ribs and skin left out."""
BONE_HU, RIM_MM = 150.0, 6.0
"""Registered on what is denser than this in the planning CT, and so far around it: bone and its border."""
LEVELS = ((4, 4.0), (2, 2.0), (1, 0.0))
"""Shrink factor and smoothing in mm of each pass, coarse to fine."""
BINS = 48
SHARE = 0.4
"""Of the region's voxels, drawn at random with a fixed seed."""
SEED = 61217
ITERATIONS = 120
LEAST_OVERLAP = 0.5
"""Share of the region that the second image must show, at the start and at the end."""
FARTHEST_MM, FARTHEST_DEG = 40.0, 10.0
"""A result beyond this is another vertebra or a failed search, not a set-up."""
LEAST_LIKENESS = 0.7
"""Correlation of the two images' ranks over the region. Ours: simulated cone-beam CTs of the bundled cases gave 0.92 to
0.97, the neighbouring vertebra 0.52, another patient 0.21."""


@dataclass(frozen=True)
class Registration:
    """Where the planning CT's points lie in the second image.

    Parameters
    ----------
    motion
        From a point of the planning CT to the same tissue in the second image, both in DICOM patient coordinates, mm.
    likeness_before, likeness_after
        Correlation of ranks over the region, at the start and at the end; 1 at best.
    overlap
        Share of the region that the second image shows.
    centre_mm
        Middle of the region.
    """

    motion: Rigid
    likeness_before: float
    likeness_after: float
    overlap: float
    centre_mm: tuple[float, float, float]


@cite("Mattes D et al., IEEE Trans Med Imaging 2003;22:120", "10.1109/TMI.2003.809072", "mutual information")
def register(planning: Image, second: Image, around: Structure, start: Rigid = IDENTITY) -> Registration:
    """Register `second` to the planning CT.

    Parameters
    ----------
    planning
        CT in HU.
    second
        A CT or cone-beam CT of the same patient; its values need no common scale.
    around
        What counts: the target or its vertebra.
    start
        First guess of the motion.

    Raises
    ------
    ImageError
        If the structure is empty, the region holds no bone, the images hardly overlap, or nothing alike is found.
    """
    region = _region(planning, around)
    part = _part(planning, region)
    mask = _bone(part, around)
    centre = _middle(part.grid, mask)
    _refuse_apart(_overlap(part.grid, mask, second.grid, start), second)
    before = likeness(part, mask, second, start)
    motion = _search(part, mask, second, centre, start)
    overlap = _overlap(part.grid, mask, second.grid, motion)
    found = Registration(motion, before, likeness(part, mask, second, motion), overlap, centre)
    _refuse_failure(found, second)
    return found


def _search(part: Image, mask: NDArray[np.bool_], second: Image, centre: tuple[float, ...], start: Rigid) -> Rigid:
    transform = sitk.Euler3DTransform()
    transform.SetCenter(centre)
    transform.SetMatrix(start.rotation.ravel().tolist())
    transform.SetTranslation(start.shift_at(centre).tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentagePerLevel([SHARE] * len(LEVELS), SEED)
    method.SetMetricFixedMask(_as_itk(part.grid, mask.astype(np.uint8)))
    method.SetInterpolator(sitk.sitkLinear)
    method.SetShrinkFactorsPerLevel([factor for factor, _ in LEVELS])
    method.SetSmoothingSigmasPerLevel([sigma for _, sigma in LEVELS])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=1e-3, numberOfIterations=ITERATIONS, relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-8,
    )  # fmt: skip
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(_as_itk(part.grid, part.values.astype(np.float32)), _as_itk(second.grid, second.values))
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    middle = np.asarray(centre)
    return Rigid(rotation, middle + np.array(transform.GetTranslation()) - rotation @ middle)


def likeness(part: Image, mask: NDArray[np.bool_], second: Image, motion: Rigid) -> float:
    """Correlation of the ranks of both images' values over the mask, as far as the second image reaches; 0 to 1."""
    points = motion.moves(part.grid.point_at(np.argwhere(mask)))
    seen = _within(points, second.grid)
    if np.count_nonzero(seen) < 2:
        return 0.0
    mine, theirs = part.values[mask][seen].astype(np.float64), trilinear(second.values, second.grid, points[seen])
    ranks = [np.argsort(np.argsort(values)) for values in (mine, theirs)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _region(planning: Image, around: Structure) -> tuple[slice, slice, slice]:
    if around.is_empty:
        raise ImageError(f'structure "{around.name}" is empty, expected what to register around; name another')
    ranges: list[slice] = []
    for s, spacing, n in zip(around.box, planning.grid.spacing_mm[::-1], planning.grid.shape, strict=True):
        room = int(np.ceil(REGION_MM / spacing))
        middle = (s.start + s.stop) // 2
        ranges.append(slice(max(0, middle - room), min(n, middle + room + 1)))
    return ranges[0], ranges[1], ranges[2]


def _part(image: Image, region: tuple[slice, slice, slice]) -> Image:
    return Image(image.grid.crop(region), np.ascontiguousarray(image.values[region]), image.modality)


def _bone(part: Image, around: Structure) -> NDArray[np.bool_]:
    bone = part.values > BONE_HU
    if not bone.any():
        raise ImageError(
            f'no voxel around "{around.name}" is above {BONE_HU:g} HU, expected bone to register; check the CT'
        )
    radius = [int(np.ceil(RIM_MM / s)) for s in part.grid.spacing_mm[::-1]]
    z, y, x = np.ogrid[tuple(slice(-r, r + 1) for r in radius)]
    ball: NDArray[np.bool_] = (z / radius[0]) ** 2 + (y / radius[1]) ** 2 + (x / radius[2]) ** 2 <= 1.0
    return np.asarray(binary_dilation(bone, ball), dtype=np.bool_)


def _middle(grid: Grid, mask: NDArray[np.bool_]) -> tuple[float, float, float]:
    x, y, z = grid.point_at(np.argwhere(mask)).mean(axis=0)
    return float(x), float(y), float(z)


def _within(points_mm: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
    low, high = grid.bounds_mm()
    return np.asarray(((points_mm >= low) & (points_mm <= high)).all(axis=-1))


def _overlap(grid: Grid, mask: NDArray[np.bool_], second: Grid, motion: Rigid) -> float:
    return float(np.mean(_within(motion.moves(grid.point_at(np.argwhere(mask))), second)))


def _refuse_apart(overlap: float, second: Image) -> None:
    if overlap < LEAST_OVERLAP:
        low, high = second.grid.bounds_mm()
        raise ImageError(
            f"the second image (x, y, z from {low.round(1).tolist()} to {high.round(1).tolist()} mm) shows "
            f"{100 * overlap:.0f} % of the bone around the target, expected at least {100 * LEAST_OVERLAP:.0f} %; say "
            "where its isocentre lies, or choose the image of this level"
        )


def _refuse_failure(found: Registration, second: Image) -> None:
    _refuse_apart(found.overlap, second)
    shift = float(np.linalg.norm(found.motion.shift_at(found.centre_mm)))
    if shift > FARTHEST_MM or found.motion.turn_deg > FARTHEST_DEG or found.likeness_after < LEAST_LIKENESS:
        raise ImageError(
            f"registration ended {shift:.1f} mm and {found.motion.turn_deg:.1f} degrees away with a likeness of "
            f"{found.likeness_after:.2f}, expected at most {FARTHEST_MM:g} mm, {FARTHEST_DEG:g} degrees and at least "
            f"{LEAST_LIKENESS:g}; check that both show the same patient and level, or start nearer"
        )


def _as_itk(grid: Grid, values: NDArray[np.generic]) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(values))
    if values.dtype != np.uint8:
        image = sitk.Cast(image, sitk.sitkFloat32)
    image.SetOrigin(grid.origin_mm)
    image.SetSpacing(grid.spacing_mm)
    return image
