"""Structures as structures.dcm will hold them."""

from __future__ import annotations

from dataclasses import replace

from spondyl import io
from spondyl.anatomy import Structures, structure_to_contours


def as_written(structures: Structures) -> Structures:
    """Under TG-263 names and with the contours that the file draws.

    Planned, normalised and judged on these, a plan has the numbers that anyone finds in its files: a mask and the
    contours round it differ by a percent in volume, half a gray in D90%.
    """
    names = io.standard_names(structures)
    return Structures(
        [
            replace(s, name=names[name], contours=s.contours or tuple(structure_to_contours(s)))
            for name, s in structures.items()
        ]
    )
