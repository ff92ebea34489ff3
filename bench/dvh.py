"""DVHs of every ROI of a planning system's export, as `spondyl evaluate` makes them, beside dicompyler-core.

python bench/dvh.py RTSTRUCT RTDOSE OUT.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from spondyl.app.cli.evaluate_inputs import read_dose, read_structures
from spondyl.evaluate import dvhs

REPEATS = 5
"""The first compiles where nothing is cached yet; the fastest of all is kept."""


def timed(rtstruct: Path, rtdose: Path) -> dict[str, object]:
    """Read both files and make every DVH, once."""
    start = time.perf_counter()
    dose = read_dose(rtdose)
    structures, _ = read_structures(rtstruct, "half-slice")
    read = time.perf_counter()
    made = dvhs(dose, structures)
    stop = time.perf_counter()
    rois = {name: {"volume_cm3": d.total_cm3, "mean_gy": d.mean_gy} for name, d in made.items()}
    return {"total_s": stop - start, "dvh_s": stop - read, "rois": rois}


def main(rtstruct: Path, rtdose: Path, out: Path) -> None:
    figures = min((timed(rtstruct, rtdose) for _ in range(REPEATS)), key=lambda run: run["total_s"])  # pyright: ignore
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    out.write_text(json.dumps(figures, indent=2))
    print(f"read and all DVHs {figures['total_s']:.3f} s, DVHs alone {figures['dvh_s']:.3f} s")


if __name__ == "__main__":
    main(*(Path(a) for a in sys.argv[1:4]))
