"""Where an isodose's label goes: on its line, clear of the tumour, the cord, the edge and of other labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.app.report.curves import Line

Forbidden = Callable[[NDArray[np.float64]], NDArray[np.bool_]]
"""Whether points (u, v) in mm, shape (n, 2), lie on something that a label may not hide."""


@dataclass(frozen=True)
class Label:
    """A text centred at (u, v) in screen-oriented mm."""

    text: str
    u_mm: float
    v_mm: float
    level_gy: float


def place_labels(
    lines: dict[float, list[Line]],
    view_box: tuple[float, float, float, float],
    font_mm: float,
    forbidden: Forbidden,
    text_of: Callable[[float], str],
) -> list[Label]:
    """One label a level, in the order of `lines`; a level without a free place gets none.

    Parameters
    ----------
    lines
        Isodose lines in screen-oriented mm by level.
    view_box
        (u, v, width, height) in mm that is on screen.
    font_mm
        Height of the letters.
    forbidden
        What may not be hidden.
    text_of
        The label of a level.
    """
    placed: list[Label] = []
    boxes: list[tuple[float, float, float, float]] = []
    for level, own in lines.items():
        text = text_of(level)
        half = np.array([0.30 * font_mm * len(text) + 0.5, 0.62 * font_mm])
        spots = _candidates(own, view_box, half, font_mm)
        if not len(spots):
            continue
        free = ~np.array([any(_overlap(s, half, b) for b in boxes) for s in spots]) & ~_hides(spots, half, forbidden)
        if not free.any():
            continue
        spots = spots[free]
        others = [line for other, group in lines.items() if other != level for line in group]
        best = spots[int(np.argmax(_clearance(spots, others)))]
        placed.append(Label(text, float(best[0]), float(best[1]), level))
        boxes.append((float(best[0]), float(best[1]), float(half[0]), float(half[1])))
    return placed


def _candidates(
    lines: list[Line], box: tuple[float, float, float, float], half: NDArray[np.float64], font_mm: float
) -> NDArray[np.float64]:
    u, v, width, height = box
    rim = 1.6 * font_mm
    spots = [line[:: max(1, len(line) // 60)] for line in lines if _length(line) > 4 * half[0]]
    if not spots:
        return np.empty((0, 2))
    every = np.vstack(spots)
    inside = (every[:, 0] > u + half[0] + rim) & (every[:, 0] < u + width - half[0] - rim)
    inside &= (every[:, 1] > v + half[1] + rim) & (every[:, 1] < v + height - half[1] - 2 * rim)
    return every[inside]


def _length(line: Line) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _overlap(spot: NDArray[np.float64], half: NDArray[np.float64], box: tuple[float, float, float, float]) -> bool:
    return abs(spot[0] - box[0]) < half[0] + box[2] and abs(spot[1] - box[1]) < half[1] + box[3]


def _hides(spots: NDArray[np.float64], half: NDArray[np.float64], forbidden: Forbidden) -> NDArray[np.bool_]:
    grid = np.array([(a, b) for a in (-1, -0.5, 0, 0.5, 1) for b in (-1, 0, 1)]) * half
    hit = forbidden((spots[:, None] + grid).reshape(-1, 2)).reshape(len(spots), -1)
    return np.asarray(hit.any(axis=1))


def _clearance(spots: NDArray[np.float64], others: list[Line]) -> NDArray[np.float64]:
    """Distance to the nearest other line, up to 12 mm: beyond that every place is as good."""
    if not others:
        return np.zeros(len(spots))
    points = np.vstack([line[::2] for line in others])
    apart = np.hypot(spots[:, None, 0] - points[None, :, 0], spots[:, None, 1] - points[None, :, 1]).min(axis=1)
    return np.minimum(apart, 12.0)
