"""What `spondyl register` leaves behind: registration.json, a picture before and after, provenance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from spondyl.app.registering import Registered
from spondyl.core import DISCLAIMER, Image, Provenance, Rigid, sha256_of, writing_folder
from spondyl.core.image import trilinear

HALF_MM, PIXEL_MM, TILE_MM = 55.0, 0.5, 22.0
"""Half the side of each picture, its pixels, and the fields of its chequerboard."""
PLANES = (
    ("axial", 0, 1, "R", "L", "P", "A"),
    ("coronal", 0, 2, "R", "L", "I", "S"),
    ("sagittal", 1, 2, "A", "P", "I", "S"),
)
"""Name, horizontal and vertical axis, and what stands left, right, below and above."""
GREYS = (2.0, 98.0)
"""Percentiles of each image that become black and white: their scales differ."""


def write_registration(out: Path, made: Registered, image: Path, settings: dict[str, Any]) -> None:
    """Write the folder, whole or not at all."""
    with writing_folder(out) as folder:
        text = json.dumps(made.record(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "registration.json").write_text(text + "\n", encoding="utf-8")
        draw(folder / "registration.png", made)
        inputs = sha256_of({"image": image, **({"case": made.case.folder} if made.case.folder else {})})
        Provenance("register", inputs, settings).write(folder / "provenance.json")


def draw(path: Path, made: Registered) -> None:
    """Chequerboards of planning CT and second image: as the patient lay, and after the couch's move."""
    figure, axes = plt.subplots(2, 3, figsize=(11.4, 8.2), layout="constrained")
    before = Rigid(np.eye(3), np.subtract(made.image_isocentre_mm, made.isocentre_mm))
    for row, (words, motion) in zip(
        axes, (("as the patient lay", before), ("after the couch's six corrections", made.found.motion)), strict=True
    ):
        for axis, plane in zip(row, PLANES, strict=True):
            _plane(axis, made, plane, motion, words)
    c = made.couch
    figure.suptitle(
        f"{made.case.name}: lateral {c.lateral_mm:+.1f}, longitudinal {c.longitudinal_mm:+.1f}, vertical "
        f"{c.vertical_mm:+.1f} mm; pitch {c.pitch_deg:+.1f}, roll {c.roll_deg:+.1f}, rotation {c.rotation_deg:+.1f} "
        f"degrees (IEC 61217)\nchequerboard of planning CT and second image (blue). {DISCLAIMER}",
        fontsize=10,
    )
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _plane(axis: Axes, made: Registered, plane: tuple[Any, ...], motion: Rigid, words: str) -> None:
    name, across, up, left, right, below, above = plane
    steps = np.arange(-HALF_MM, HALF_MM + PIXEL_MM, PIXEL_MM)
    horizontal, vertical = np.meshgrid(steps, steps)
    points = np.broadcast_to(np.asarray(made.isocentre_mm), (*horizontal.shape, 3)).copy()
    points[..., across] += horizontal
    points[..., up] += vertical
    mine, theirs = _grey(made.case.ct, points), _grey(made.second, motion.moves(points))
    odd = (np.floor(horizontal / TILE_MM) + np.floor(vertical / TILE_MM)) % 2 == 1
    picture = np.where(odd, theirs, mine)
    tint = np.where(odd[..., None], np.array([0.80, 0.90, 1.0]), np.array([1.0, 1.0, 1.0]))
    origin = "upper" if name == "axial" else "lower"
    axis.imshow(picture[..., None] * tint, origin=origin, interpolation="bilinear")
    axis.set(xticks=[], yticks=[], title=f"{name}, {words}")
    axis.title.set_fontsize(9)
    for text, x, y in ((left, 0.02, 0.5), (right, 0.98, 0.5), (below, 0.5, 0.03), (above, 0.5, 0.97)):
        axis.text(x, y, text, color="#ffd24d", transform=axis.transAxes, ha="center", va="center", fontsize=9)


def _grey(image: Image, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 to 1, and 0 where the image does not reach."""
    low, high = image.grid.bounds_mm()
    seen = ((points_mm >= low) & (points_mm <= high)).all(axis=-1)
    values = trilinear(image.values, image.grid, points_mm)
    black, white = np.percentile(values[seen], GREYS) if seen.any() else (0.0, 1.0)
    return np.where(seen, np.clip((values - black) / max(white - black, 1e-6), 0.0, 1.0), 0.0)
