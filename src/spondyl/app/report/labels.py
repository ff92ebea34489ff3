"""Where an isodose's label goes: on its line, clear of the tumour, the cord, the edge and of other labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spondyl.app.report.curves import Line

Forbidden = Callable[[NDArray[np.float64]], NDArray[np.bool_]]
"""Whether points (u, v) in mm, shape (n, 2), lie on something that a label may not hide."""


Box = tuple[float, float, float, float]
"""Middle (u, v) and half width and height in mm."""

SHORTEST_LINE_MM = 10.0
"""Shorter lines get no label."""


@dataclass(frozen=True)
class Label:
    """A text centred at (u, v) in screen-oriented mm; `leader` leads to its isodose where it is not on it."""

    text: str
    u_mm: float
    v_mm: float
    level_gy: float
    leader: tuple[float, float, float, float] | None = None


def place_labels(
    lines: dict[float, list[Line]],
    view_box: tuple[float, float, float, float],
    font_mm: float,
    forbidden: Forbidden,
    text_of: Callable[[float], str],
) -> list[Label]:
    """One label a level, in the order of `lines`: on its line, or beside it with a leader where that hides something.

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
    boxes: list[Box] = []
    for level, own in lines.items():
        if sum(_length(line) for line in own) < SHORTEST_LINE_MM:
            continue
        text = text_of(level)
        half = np.array([0.30 * font_mm * len(text) + 0.5, 0.62 * font_mm])
        others = [line for other, group in lines.items() if other != level for line in group]
        found = _on_line(own, others, view_box, half, font_mm, boxes, forbidden)
        leader = None
        if found is None:
            found, leader = _beside(own, others, view_box, half, font_mm, boxes, forbidden)
        if found is not None:
            placed.append(Label(text, float(found[0]), float(found[1]), level, leader))
            boxes.append((float(found[0]), float(found[1]), float(half[0]), float(half[1])))
    return placed


def _on_line(
    own: list[Line],
    others: list[Line],
    view_box: tuple[float, float, float, float],
    half: NDArray[np.float64],
    font_mm: float,
    boxes: list[Box],
    forbidden: Forbidden,
) -> NDArray[np.float64] | None:
    """The free place on the line that is farthest from the other isodoses."""
    spots = _free(_candidates(own, view_box, half, font_mm), half, boxes, forbidden)
    return spots[int(np.argmax(_clearance(spots, others)))] if len(spots) else None


def _beside(
    own: list[Line],
    others: list[Line],
    view_box: tuple[float, float, float, float],
    half: NDArray[np.float64],
    font_mm: float,
    boxes: list[Box],
    forbidden: Forbidden,
) -> tuple[NDArray[np.float64] | None, tuple[float, float, float, float] | None]:
    """The free place nearest to the line that touches no isodose, and the leader from it to the line."""
    line = np.vstack(own)
    u, v, width, height = view_box
    rim = 1.6 * font_mm + half
    across = np.arange(u + rim[0], u + width - rim[0], 3.0)
    down = np.arange(v + rim[1], v + height - rim[1] - font_mm, 3.0)
    places = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    spots = _free(places, half, boxes, forbidden)
    spots = spots[~_touched(spots, half, [*others, *own])]
    if not len(spots):
        return None, None
    apart = np.hypot(spots[:, None, 0] - line[None, :, 0], spots[:, None, 1] - line[None, :, 1])
    best, end = divmod(int(np.argmin(apart)), len(line))
    spot, to = spots[best], line[end]
    start = spot + np.clip(to - spot, -half, half)
    return spot, (float(start[0]), float(start[1]), float(to[0]), float(to[1]))


def _free(
    spots: NDArray[np.float64], half: NDArray[np.float64], boxes: list[Box], forbidden: Forbidden
) -> NDArray[np.float64]:
    """The spots whose box meets no other label and hides nothing that may not be hidden."""
    if not len(spots):
        return spots
    taken = np.array([any(_overlap(s, half, b) for b in boxes) for s in spots])
    return spots[~taken & ~_hides(spots, half, forbidden)]


def _touched(spots: NDArray[np.float64], half: NDArray[np.float64], lines: list[Line]) -> NDArray[np.bool_]:
    """Whether a line passes through a spot's box."""
    points = np.vstack(lines)
    off = np.abs(spots[:, None, :] - points[None, :, :])
    return np.any(np.all(off < half + 0.3, axis=2), axis=1)


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


def _overlap(spot: NDArray[np.float64], half: NDArray[np.float64], box: Box) -> bool:
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
