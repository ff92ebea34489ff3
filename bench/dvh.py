"""DVHs of every ROI of a planning system's export, beside dicompyler-core on the same files."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from spondyl.evaluate import dvhs, is_drawn, meets
from spondyl.io import grid_for, read_contours, read_rtdose, read_rtstruct


def main(rtstruct: Path, rtdose: Path, out: Path) -> None:
    """Read and histogram twice; the second time is what is kept, the first compiles."""
    for _ in range(2):
        start = time.perf_counter()
        dose = read_rtdose(rtdose)
        structures = read_rtstruct(rtstruct, grid_for(read_contours(rtstruct)))
        read = time.perf_counter()
        made = dvhs(dose, [s for s in structures.values() if is_drawn(s) and meets(dose, s)])
        stop = time.perf_counter()
    figures = {
        "total_s": stop - start,
        "dvh_s": stop - read,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "rois": {name: {"volume_cm3": d.total_cm3} for name, d in made.items()},
    }
    out.write_text(json.dumps(figures, indent=2))
    print(figures)


if __name__ == "__main__":
    main(*(Path(a) for a in sys.argv[1:4]))
