"""Where on a needle's path the source may stand."""

from __future__ import annotations

import numpy as np

from spondyl.anatomy.access import Access, measure_access
from spondyl.anatomy.access_search import AHEAD_MM, TIP_MM
from spondyl.anatomy.access_space import AccessSpace


def source_positions(space: AccessSpace, path: Access, step_mm: float = 1.0) -> tuple[Access, ...]:
    """The path with its tip at every place in the body, `step_mm` apart, from the back to the front.

    The source keeps `TIP_MM` from the body's surface; the path's own tip is always among the places.
    """
    tip, direction = np.asarray(path.tip_mm), path.direction
    back = step_mm * np.ceil(path.depth_from_entry_mm / step_mm)
    offsets = np.arange(-back, AHEAD_MM[-1], step_mm)
    places = tip + offsets[:, None] * direction
    bone = space.at(space.bone_mm, places)
    deep = np.minimum(space.at(space.body_mm, places), bone) >= TIP_MM
    ahead = np.logical_and.accumulate(bone[offsets >= 0] >= 0)
    reached = np.concatenate((np.ones(int((offsets < 0).sum()), dtype=bool), ahead))
    kept = (deep & reached) | (offsets == 0)
    found = (measure_access(space, path.entry_mm, place, path.cannula_mm) for place in places[kept])
    return tuple(place for place, own in zip(found, offsets[kept] == 0, strict=True) if place.fits or own)
