"""dicompyler-core's side of the DVH benchmark, run in its own environment: DVH of every ROI of an RTSTRUCT.

bench/.venv-dicompyler/bin/python bench/peers/dicompyler_dvh.py RTSTRUCT RTDOSE OUT.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib.metadata import version

from dicompylercore import dicomparser, dvhcalc


def main(rtstruct: str, rtdose: str, out: str) -> None:
    start = time.perf_counter()
    structures, dose = dicomparser.DicomParser(rtstruct), dicomparser.DicomParser(rtdose)
    rois = structures.GetStructures()
    figures = {"version": version("dicompyler-core"), "rois": {}}
    for number, roi in rois.items():
        begin = time.perf_counter()
        dvh = dvhcalc.get_dvh(structures.ds, dose.ds, number)
        figures["rois"][roi["name"]] = {
            "seconds": time.perf_counter() - begin,
            "volume_cm3": float(dvh.volume),
            "mean_gy": float(dvh.mean) if dvh.volume else None,
        }
    figures["total_s"] = time.perf_counter() - start
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    with open(out, "w") as stream:
        json.dump(figures, stream, indent=2)


if __name__ == "__main__":
    main(*sys.argv[1:4])
