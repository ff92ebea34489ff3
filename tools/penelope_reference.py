"""Reference doses by PENELOPE physics (penRed), for tests/data/penelope. Not part of spondyl and not run in CI.

A point source at SSD 90 cm, SAD 100 cm, a sharp square field and the 6 MV spectrum of Mohan, vacuum in front, as
tests/data/mv_reference has them, onto a box of water with boxes of other materials. Electrons and positrons are
followed to 189 keV, photons to 10 keV. Compositions and densities are spondyl's own.

    python -m venv pen && pen/bin/pip install pypenred==1.15.2.0 pyyaml
    pen/bin/python tools/penelope_reference.py run bone --field 30 --seconds 600 --seed 7 -o runs
    pen/bin/python tools/penelope_reference.py merge runs -o tests/data/penelope

Every run writes one file; `merge` adds the runs of a case by their histories and averages mirror images.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import yaml

REPOSITORY = Path(__file__).parents[1]
MATERIALS = REPOSITORY / "src/spondyl/data/physics/materials.yaml"
CASES_FILE = REPOSITORY / "tests/data/penelope/cases.yaml"
SPECTRUM = REPOSITORY / "tests/data/mv_reference/spectrum_mohan_6mv.csv"
ATOMIC_NUMBER = {
    "H": 1, "C": 6, "N": 7, "O": 8, "Na": 11, "Mg": 12, "P": 15, "S": 16, "Cl": 17, "K": 19, "Ca": 20,
    "Ti": 22, "Fe": 26, "Ba": 56,
}  # fmt: skip
GRAY_PER_EV_PER_GRAM = 1.602176634e-16  # CODATA 2018
SOURCE_CM = -90.0  # the surface is at z = 0
APERTURE_CM = -1.0  # a black plate just above the surface; what it absorbs would have missed the field
VOXEL_CM = 0.25
DEPTH_CM = 30.0
SCORED_DEPTH_CM = 20.0
WIDE_FIELD_MM = 60.0
"""Tables of wider fields average two voxels to the side: a field's photons then meet eleven times as many voxels."""
# C1 and C2 limit multiple scattering and energy loss between hard events, WCC and WCR are the cutoffs of hard
# collisions and bremsstrahlung (PENELOPE-2018, NEA/MBDAV/R(2019)1, section 4.1).
TRANSPORT = {"C1": 0.1, "C2": 0.1, "WCC": 5.0e4, "WCR": 1.0e4}
ABSORBED_EV = {"electron": 1.89e5, "positron": 1.89e5, "gamma": 1.0e4}
LONGEST_STEP_CM = {"water": 0.1, "lung": 0.3, "titanium": 0.03}

Corner = tuple[float, float, float]


@dataclass(frozen=True)
class Case:
    """Boxes in water (material, low and high corner in mm), and how cases.yaml says to average them."""

    boxes: tuple[tuple[str, Corner, Corner], ...]
    mirrors: str
    swap: bool
    along: str
    band_mm: float


def read_cases() -> dict[str, Case]:
    cases = yaml.safe_load(CASES_FILE.read_text(encoding="utf-8"))
    return {
        name: Case(
            tuple((s["material"], tuple(s["min_mm"]), tuple(s["max_mm"])) for s in facts["solids"]), **facts["table"]
        )
        for name, facts in cases.items()
    }


def half_width_cm(field_mm: float) -> float:
    """Half the phantom's width: what lies farther out scatters less than 0.1 % back to the axis."""
    return 10.0 if field_mm <= 50 else 15.0


def plane(number: int, axis: str, at_cm: float) -> str:
    return (
        f"SURFACE ({number:4d})   {axis} = {at_cm}\nINDICES=( 0, 0, 0, 0, 0)\n"
        f"     A{axis}=({1.0:+22.15E},   0)\n     A0=({-at_cm:+22.15E},   0)\n" + "0" * 64 + "\n"
    )


class Geometry:
    """Boxes as penRed's quadric geometry: planes once each, the phantom a module that holds its boxes."""

    def __init__(self, case: Case, field_mm: float) -> None:
        self.surfaces: dict[tuple[str, float], int] = {}
        self.planes = ""
        self.bodies = ""
        half = half_width_cm(field_mm)
        phantom = ((-half, -half, 0.0), (half, half, DEPTH_CM))
        self.materials = ["water"]
        self.steps = []
        hole = field_mm / 20 * (APERTURE_CM - SOURCE_CM) / 100
        self.black = 0
        wide, top, bottom = 2 * half, APERTURE_CM - 0.01, APERTURE_CM
        for low, high in (
            ((-wide, -wide, top), (-hole, wide, bottom)),
            ((hole, -wide, top), (wide, wide, bottom)),
            ((-hole, -wide, top), (hole, -hole, bottom)),
            ((-hole, hole, top), (hole, wide, bottom)),
        ):
            self.black = self.add("water", low, high)
        inner = []
        for material, low, high in case.boxes:
            low_cm = tuple(max(a / 10, b) for a, b in zip(low, phantom[0], strict=True))
            high_cm = tuple(min(a / 10, b) for a, b in zip(high, phantom[1], strict=True))
            inner.append(self.add(material, low_cm, high_cm))
        self.add("water", *phantom, inner)

    def surface(self, axis: str, at_cm: float) -> int:
        key = (axis, round(at_cm, 9))
        if key not in self.surfaces:
            self.surfaces[key] = len(self.surfaces) + 1
            self.planes += plane(self.surfaces[key], axis, at_cm)
        return self.surfaces[key]

    def add(self, material: str, low: tuple, high: tuple, inner: list[int] | tuple = ()) -> int:
        if material not in self.materials:
            self.materials.append(material)
        number = len(self.steps) + 1
        self.steps.append(LONGEST_STEP_CM.get(material, 0.1))
        text = f"MODULE  ({number:4d})\nMATERIAL({self.materials.index(material) + 1:4d})\n"
        for axis, a, b in zip("XYZ", low, high, strict=True):
            text += f"SURFACE ({self.surface(axis, a):4d}), SIDE POINTER=( 1)\n"
            text += f"SURFACE ({self.surface(axis, b):4d}), SIDE POINTER=(-1)\n"
        text += "".join(f"MODULE  ({n:4d})\n" for n in inner)
        self.bodies += text + "1" * 64 + "\n" + "0" * 64 + "\n"
        return number

    def text(self) -> str:
        return "X" * 64 + "\n" + "0" * 64 + "\n" + self.planes + self.bodies + "END      " + "0" * 55 + "\n"


def spectrum_text() -> str:
    """Low edge of each bin in eV and its photons; a negative number closes the last bin."""
    with SPECTRUM.open() as stream:
        rows = [(float(r["energy_mev"]), float(r["photons"])) for r in csv.DictReader(stream)]
    half = (rows[1][0] - rows[0][0]) / 2
    lines = [f"{max(centre - half, 0.010001) * 1e6:.6e} {photons:.8e}" for centre, photons in rows]
    return "\n".join([*lines, f"{(rows[-1][0] + half) * 1e6:.6e} -1.0"]) + "\n"


def scored_half_cm(field_mm: float) -> float:
    """Half the width of the scored lattice: the field with 15 mm round it at the isocentre, in whole voxels."""
    return math.ceil((field_mm / 20 + 1.5) / VOXEL_CM) * VOXEL_CM


def configuration(
    case: Case, field_mm: float, seconds: float, seed: int, threads: int, folder: Path
) -> tuple[str, float]:
    """penRed's configuration and the solid angle of the source's cone, sr."""
    geometry = Geometry(case, field_mm)
    (folder / "phantom.geo").write_text(geometry.text())
    (folder / "spectrum.dat").write_text(spectrum_text())
    opening = math.atan(1.001 * math.sqrt(2) * field_mm / 20 / 100)
    half = scored_half_cm(field_mm)
    lines = [
        "sources/generic/beam/nhist 1.0e13",
        'sources/generic/beam/kpar "gamma"',
        'sources/generic/beam/direction/type "CONE"',
        "sources/generic/beam/direction/theta 0.0",
        "sources/generic/beam/direction/phi 0.0",
        f"sources/generic/beam/direction/alpha {math.degrees(opening)!r}",
        'sources/generic/beam/energy/type "FILE_SPECTRUM"',
        'sources/generic/beam/energy/filename "spectrum.dat"',
        'sources/generic/beam/spatial/type "POINT"',
        "sources/generic/beam/spatial/position/x 0.0",
        "sources/generic/beam/spatial/position/y 0.0",
        f"sources/generic/beam/spatial/position/z {SOURCE_CM}",
        'tallies/dose/type "SPATIAL_DOSE_DISTRIB"',
        "tallies/dose/print-xyz false",
        *(f"tallies/dose/{a}min {-half}" for a in "xy"),
        *(f"tallies/dose/{a}max {half}" for a in "xy"),
        *(f"tallies/dose/n{a} {round(2 * half / VOXEL_CM)}" for a in "xy"),
        "tallies/dose/zmin 0.0",
        f"tallies/dose/zmax {SCORED_DEPTH_CM}",
        f"tallies/dose/nz {round(SCORED_DEPTH_CM / VOXEL_CM)}",
        'geometry/type "PEN_QUADRIC"',
        'geometry/input-file "phantom.geo"',
        'geometry/processed-geo-file "report.geo"',
        f"simulation/threads {threads}",
        f"simulation/seedPair {seed}",
        f"simulation/max-time {seconds}",
    ]
    for body, step in enumerate(geometry.steps, 1):
        lines.append(f"geometry/dsmax/{body} {step}")
        if body <= geometry.black:
            lines += [f"geometry/eabs/{body}/{particle} 1.0e35" for particle in ABSORBED_EV]
    for number, name in enumerate(geometry.materials, 1):
        make_material(name, folder)
        lines += [f"materials/{name}/number {number}", f'materials/{name}/filename "{name}.mat"']
        lines += [f"materials/{name}/eabs/{particle} {energy}" for particle, energy in ABSORBED_EV.items()]
        lines += [f"materials/{name}/{key} {value}" for key, value in TRANSPORT.items()]
    return "\n".join(lines) + "\n", 2 * math.pi * (1 - math.cos(opening))


def make_material(name: str, folder: Path) -> None:
    from pyPenred.simulation import materials

    known = yaml.safe_load(MATERIALS.read_text())[name]
    total = sum(known["mass_fractions"].values())
    composition = [(ATOMIC_NUMBER[symbol], part / total) for symbol, part in known["mass_fractions"].items()]
    materials.create(name, known["density_g_per_cm3"], composition, str(folder / f"{name}.mat"))


def run(name: str, field_mm: float, seconds: float, seed: int, threads: int, out: Path) -> Path:
    """Simulate for `seconds` and write dose, its variance and the number of histories, [z, y, x], Gy cm2."""
    import pyPenred

    path = out.resolve() / f"{name}_{field_mm:g}_{seed}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="penelope-"))
    os.chdir(folder)
    text, solid_angle = configuration(read_cases()[name], field_mm, seconds, seed, threads, folder)
    (folder / "config.in").write_text(text)
    pyPenred.simulation.setConfigurationLog("configuration.log")
    pyPenred.simulation.setSimulationLog("simulation.log")
    simulator = pyPenred.simulation.create()
    simulator.configFromFile("config.in")
    simulator.simulate()
    histories = float(re.findall(r"Simulated histories: (\S+)", (folder / "simulation.log").read_text())[-1])
    values, errors, *_ = simulator.getResults()["dose"][0].data()
    nx = round(2 * scored_half_cm(field_mm) / VOXEL_CM)
    shape = (round(SCORED_DEPTH_CM / VOXEL_CM), nx, nx)
    # Photons per cm2 in vacuum on the axis at the isocentre, of one history: 1 / (solid angle x (100 cm)^2).
    unit = GRAY_PER_EV_PER_GRAM * solid_angle * 100.0**2
    dose = np.asarray(values).reshape(shape) * unit
    variance = (np.asarray(errors).reshape(shape) * unit) ** 2
    np.savez_compressed(path, dose=dose, variance=variance, histories=histories, voxel_cm=VOXEL_CM)
    shutil.rmtree(folder)
    return path


def merged(paths: list[Path], case: Case) -> tuple[np.ndarray, np.ndarray, float]:
    """Dose and its standard error over all runs and mirror images, and the histories."""
    runs = [np.load(path) for path in paths]
    histories = sum(float(r["histories"]) for r in runs)
    dose = sum(r["dose"] * float(r["histories"]) for r in runs) / histories
    variance = sum(r["variance"] * float(r["histories"]) ** 2 for r in runs) / histories**2
    images = [(dose, variance)]
    for axis in (a for a, name in ((2, "x"), (1, "y")) if name in case.mirrors):
        images += [(np.flip(d, axis), np.flip(v, axis)) for d, v in images]
    if case.swap:
        images += [(d.swapaxes(1, 2), v.swapaxes(1, 2)) for d, v in images]
    return sum(d for d, _ in images) / len(images), np.sqrt(sum(v for _, v in images)) / len(images), histories


def merge(folder: Path, out: Path) -> None:
    """One table a case and field, `<case>_<field>.csv`: dose in Gy cm2 in a plane, and its standard error."""
    out.mkdir(parents=True, exist_ok=True)
    cases = read_cases()
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(folder.glob("*_*_*.npz")):
        name, field, _ = path.stem.split("_")
        groups.setdefault((name, field), []).append(path)
    for (name, field), paths in groups.items():
        case = cases[name]
        dose, error, histories = merged(paths, case)
        voxel_mm = 10 * VOXEL_CM
        places = (np.arange(dose.shape[1]) - (dose.shape[1] - 1) / 2) * voxel_mm
        axis = "zyx".index(case.along)
        # Only half of what is mirrored is independent: average over one half.
        half = (np.abs(places) < case.band_mm * float(field) / 30) & ((places > 0) | (case.along not in case.mirrors))
        plane = dose.compress(half, axis).mean(axis)
        plane_error = np.sqrt((error.compress(half, axis) ** 2).sum(axis)) / half.sum()
        across = "x" if case.along == "y" else "y"
        if float(field) > WIDE_FIELD_MM:
            places, plane = (a.reshape(*a.shape[:-1], -1, 2).mean(-1) for a in (places, plane))
            plane_error = np.sqrt((plane_error.reshape(len(plane), -1, 2) ** 2).sum(-1)) / 2
        kept = places > 0 if across in case.mirrors else places > -np.inf
        with (out / f"{name}_{field}.csv").open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(("depth_mm", f"{across}_mm", "dose_Gy_cm2", "relative_error"))
            for k, j in product(range(len(plane)), np.flatnonzero(kept)):
                value = plane[k, j]
                share = f"{plane_error[k, j] / value:.3f}" if value > 0 else "1"
                table.writerow((f"{(k + 0.5) * voxel_mm:g}", f"{places[j]:g}", f"{value:.4g}", share))
        high = plane > plane.max() / 2
        typical = 100 * float(np.sqrt(np.mean((plane_error[high] / plane[high]) ** 2)))
        print(f"{name}_{field}: {len(paths)} runs, {histories:.3g} histories, {typical:.2f} % a point")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("run", help="simulate one case")
    one.add_argument("case", choices=read_cases())
    one.add_argument("--field", type=float, default=30.0, help="side at the isocentre in mm")
    one.add_argument("--seconds", type=float, default=600.0)
    one.add_argument("--seed", type=int, default=0, help="penRed's seed pair, 0 to 1000; each thread takes the next")
    one.add_argument("--threads", type=int, default=2)
    all_runs = verbs.add_parser("merge", help="add the runs in a folder")
    all_runs.add_argument("folder", type=Path)
    for verb in (one, all_runs):
        verb.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    if given.verb == "run":
        print(run(given.case, given.field, given.seconds, given.seed, given.threads, given.out))
    else:
        merge(given.folder, given.out)


if __name__ == "__main__":
    main(sys.argv[1:])
