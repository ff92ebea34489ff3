"""Everything measured, side by side with peers in one run; prints ratios and what each took.

    sh bench/setup_peers.sh && python bench/run.py

Each side runs in its own process and environment, one after the other, on the same files. Our side is compiled before
the clock starts (a first demo on a fresh machine compiles for about a minute more).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
EXPORT = HERE.parent / "tests" / "data" / "tps_export_breast"


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ours(script: str, *arguments: str | Path) -> dict:
    out = CACHE / f"{script}.json"
    run(sys.executable, HERE / f"{script}.py", *arguments, out)
    return json.loads(out.read_text())


def demo() -> None:
    """The demo, twice: the second is what is told."""
    for _ in range(2):
        run(sys.executable, "-m", "spondyl", "demo", "-o", CACHE / "demo", "--quiet")
    stages = json.loads((CACHE / "demo" / "provenance.json").read_text())["timings_s"]
    for name, seconds in stages.items():
        print(f"  demo, {name}: {seconds:.1f} s")
    print(f"demo end to end: {sum(stages.values()):.1f} s (target under 120 s)")


def dvh() -> None:
    """Two data sets: the planning system's export, and the demo's own plan."""
    for name, folder, rtstruct, rtdose in (
        ("export of a planning system", EXPORT, "rtss.dcm", "rtdose.dcm"),
        ("demo plan", CACHE / "demo", "structures.dcm", "dose.dcm"),
    ):
        out = CACHE / "dicompyler.json"
        run(
            HERE / ".venv-dicompyler/bin/python",
            HERE / "peers/dicompyler_dvh.py",
            folder / rtstruct,
            folder / rtdose,
            out,
        )
        peer = json.loads(out.read_text())
        us = ours("dvh", folder / rtstruct, folder / rtdose)
        peer_dvh = sum(roi["seconds"] for roi in peer["rois"].values())
        print(f"DVHs, {name}, {len(us['rois'])} structures:", end=" ")
        print(f"dicompyler-core {peer_dvh:.2f} s, spondyl {us['dvh_s']:.2f} s:", end=" ")
        print(f"{peer_dvh / us['dvh_s']:.1f} times faster; with reading {peer['total_s'] / us['total_s']:.1f} times")


def planning() -> None:
    """Influence and fluence optimisation on TG-119."""
    peer = CACHE / "pyradplan"
    run(HERE / ".venv-pyradplan/bin/python", HERE / "peers/pyradplan_tg119.py", peer)
    theirs = json.loads((peer / "figures.json").read_text())
    us = ours("influence", peer)
    print(
        f"influence, 9 fields, {us['beamlets']} beamlets: pyRadPlan {theirs['influence_s']:.1f} s, "
        f"{theirs['influence_peak_gb']:.2f} GB; spondyl {us['seconds']:.1f} s, {us['peak_gb']:.2f} GB: "
        f"{theirs['influence_s'] / us['seconds']:.1f} times faster, "
        f"{us['peak_gb'] / theirs['influence_peak_gb']:.2f} of the memory"
    )
    us = ours("optimisation", peer)
    print(
        f"fluence to {us['objective']:.2f} (theirs {theirs['objective_last']:.2f}): "
        f"pyRadPlan {theirs['optimisation_s']:.1f} s, spondyl {us['seconds']:.1f} s: "
        f"{theirs['optimisation_s'] / us['seconds']:.1f} times faster"
    )


def main() -> None:
    CACHE.mkdir(exist_ok=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}"
    )
    demo()
    subprocess.run(["sh", str(HERE / "setup_peers.sh")], check=True)
    dvh()
    planning()


if __name__ == "__main__":
    main()
