"""Whether a case's structures can be true together: sides, targets, target and cord."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from spondyl.anatomy.case import Case
from spondyl.anatomy.structure import Structure, Structures
from spondyl.core.errors import StructureError

OVERLAP_CM3 = 0.03
"""Overlap of target and cord from which on the case is refused: the volume for which cord limits hold (D0.03cc)."""

_SIDE = re.compile(
    r"^(?:(?P<head>.+)[_ ](?P<tail_side>left|right|l|r|lt|rt)|(?P<head_side>left|right|lt|rt)[_ ](?P<tail>.+))$",
    re.IGNORECASE,
)
# Unpaired organs whose side is known; they decide only where nothing paired does (situs inversus exists).
_ONE_SIDED = (("liver", "spleen"), ("liver", "stomach"), ("inferior_vena_cava", "aorta"))


def check_structures(case: Case) -> tuple[str, ...]:
    """Refuse structures that contradict each other; return what is odd but possible.

    Raises
    ------
    StructureError
        If a structure called left lies to the right of its partner, a GTV or CTV is empty, or one overlaps the
        spinal cord by more than `OVERLAP_CM3`, or lies outside the body.
    """
    notes = [*check_sides(case.structures)]
    for target in _drawn_targets(case.structures):
        _check_inside_image(target)
        if target.is_empty:
            raise StructureError(f'target "{target.name}" is empty, expected a volume; contour it or remove it')
        notes += _check_cord(target, case.structures)
        notes += _check_body(target, case.structures)
    return tuple(notes)


def _drawn_targets(structures: Structures) -> tuple[Structure, ...]:
    """GTVs and CTVs: a PTV may leave the body and reach the cord, tumour may not."""
    return tuple(
        s for s in structures.with_role("target") if not re.match(r"z?_?(ptv|itv)|treated", s.name, re.IGNORECASE)
    )


def check_sides(structures: Structures) -> tuple[str, ...]:
    """Refuse structures whose left and right are swapped, as when an affine is mirrored.

    Raises
    ------
    StructureError
        If of two structures that differ by their side alone the left one lies at smaller x (to the right), or,
        where no pair tells, the liver lies to the left of spleen and stomach.
    """
    pairs = [(left, right) for left, right in _pairs(structures.values()) if not left.is_empty and not right.is_empty]
    for left, right in pairs:
        if _centre_x_mm(left) <= _centre_x_mm(right):
            raise StructureError(
                f'"{left.name}" lies at x = {_centre_x_mm(left):.0f} mm, to the patient\'s right of "{right.name}" at '
                f"{_centre_x_mm(right):.0f} mm, expected it to the left (x grows to the left); the affine is "
                "mirrored or the names "
                "are swapped: correct the orientation or the names"
            )
    by_name = {s.name.casefold(): s for s in structures.values() if not s.is_empty}
    for right_name, left_name in _ONE_SIDED:
        right, left = by_name.get(right_name), by_name.get(left_name)
        if right is None or left is None or _centre_x_mm(left) > _centre_x_mm(right):
            continue
        said = f'"{left.name}" lies to the patient\'s right of "{right.name}"'
        if not pairs:
            raise StructureError(
                f"{said}, expected it to the left; the affine is mirrored: correct the orientation (for a "
                "situs inversus contour a "
                "pair such as kidney_left and kidney_right, which then decides)"
            )
        return (f"{said}; paired structures lie as named, so this is taken as the patient's anatomy",)
    return ()


def _pairs(structures: Iterable[Structure]) -> list[tuple[Structure, Structure]]:
    sided: dict[str, dict[str, Structure]] = {}
    for structure in structures:
        found = _SIDE.match(structure.name)
        if found:
            side = (found["tail_side"] or found["head_side"])[0].casefold()
            key = (found["head"] or found["tail"]).casefold()
            sided.setdefault(key, {})[side] = structure
    return [(both["l"], both["r"]) for both in sided.values() if len(both) == 2]


def _centre_x_mm(structure: Structure) -> float:
    along_x = structure.coverage.sum(axis=(0, 1), dtype=np.float64)
    return float(along_x @ structure.local_grid.axis_mm("x") / along_x.sum())


def _check_inside_image(target: Structure) -> None:
    """A target whose contours leave the image by more than a voxel would be treated in part."""
    if not target.contours:
        return
    every = np.concatenate([c.points_mm for c in target.contours])
    z = [c.z_mm for c in target.contours]
    low = np.array([*every.min(axis=0), min(z)])
    high = np.array([*every.max(axis=0), max(z)])
    image_low, image_high = target.grid.bounds_mm()
    spacing = np.asarray(target.grid.spacing_mm)
    if (low < image_low - spacing).any() or (high > image_high + spacing).any():
        raise StructureError(
            f'target "{target.name}" reaches from {np.round(low, 1).tolist()} to {np.round(high, 1).tolist()} '
            "mm, beyond the image "
            f"({np.round(image_low, 1).tolist()} to {np.round(image_high, 1).tolist()}); take the CT it was drawn on"
        )


def _check_cord(target: Structure, structures: Structures) -> list[str]:
    notes: list[str] = []
    for cord in structures.values():
        if not re.fullmatch(r"(spinal)?[_ ]?cord", cord.name, re.IGNORECASE) or cord.is_empty:
            continue
        shared = overlap_cm3(target, cord)
        if shared > OVERLAP_CM3:
            raise StructureError(
                f'target "{target.name}" and "{cord.name}" overlap by {shared:.2f} cm3, expected at most '
                f"{OVERLAP_CM3} cm3; "
                "tumour and cord cannot fill one place: correct one of them"
            )
        if shared > 0.001:
            notes.append(f'target "{target.name}" and "{cord.name}" overlap by {shared:.3f} cm3')
    return notes


def _check_body(target: Structure, structures: Structures) -> list[str]:
    bodies = [s for s in structures.with_role("external") if not s.is_empty]
    if not bodies:
        return []
    outside = target.volume_cm3 - max(overlap_cm3(target, body) for body in bodies)
    if outside > 0.5 * target.volume_cm3:
        raise StructureError(
            f'target "{target.name}" lies outside "{bodies[0].name}" with {outside:.2f} of its '
            f"{target.volume_cm3:.2f} cm3, expected it inside; "
            "check that both come from one image and orientation"
        )
    return (
        [f'target "{target.name}" lies outside "{bodies[0].name}" with {outside:.2f} cm3']
        if outside > 0.01 * target.volume_cm3
        else []
    )


def overlap_cm3(one: Structure, other: Structure) -> float:
    """Volume that two structures on one grid can share: the smaller coverage of each voxel."""
    shared = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one.box, other.box, strict=True))
    if any(s.start >= s.stop for s in shared):
        return 0.0
    parts = [
        s.coverage[tuple(slice(c.start - b.start, c.stop - b.start) for c, b in zip(shared, s.box, strict=True))]
        for s in (one, other)
    ]
    return float(np.minimum(*parts).sum(dtype=np.float64)) * one.grid.voxel_volume_cm3
