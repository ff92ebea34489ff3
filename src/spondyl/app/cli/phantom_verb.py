"""`spondyl phantom`: the dose of any engine in a phantom of boxes, spheres or voxels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.core import DISCLAIMER, Provenance, check_output, collecting, sha256_of, writing_folder
from spondyl.io.phantom import (
    FieldJob,
    Phantom,
    PhantomDose,
    SourceJob,
    compute_phantom,
    read_phantom,
    write_phantom_dose,
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("phantom")(phantom)


def phantom(
    file: Annotated[Path, typer.Argument(help="The phantom file (YAML); paths in it are relative to it.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for dose.npz and provenance.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> int:
    """Compute the dose of one beam, or of a kilovoltage source, in a phantom of boxes, spheres or voxels.

    Example: `spondyl phantom slab.yaml -o out/slab`
    """
    begun = time.perf_counter()
    check_output(out)
    described = read_phantom(file)
    with progress_bars(quiet) as progress, collecting() as sources:
        computed = compute_phantom(described, progress)
    seconds = time.perf_counter() - begun
    dose, summary = computed.dose, _summary(described, computed)
    record = Provenance(
        f"spondyl phantom {file}",
        sha256_of(described.inputs),
        {**summary, "made": dose.made, "citations": [str(source) for source in sources]},
        seed=described.job.settings.seed if isinstance(described.job, SourceJob) else None,
        timings_s={"total": seconds},
    )
    with writing_folder(out) as folder:
        write_phantom_dose(folder / "dose.npz", dose, computed.to_water)
        record.write(folder / "provenance.json")
    if computed.interrupted:
        err_console.print(f"interrupted: kept the last complete result, {computed.histories} histories")
    for note in described.notes:
        err_console.print(f"note: {note}", markup=False, soft_wrap=True)
    if as_json:
        write_json({"disclaimer": DISCLAIMER, **summary, "out": str(out / "dose.npz")})
    else:
        out_console.print(
            f"{dose.engine}: maximum {summary['maximum']:.4g} {dose.unit} at {summary['maximum_at_mm']} mm, "
            f"{seconds:.1f} s\n{out / 'dose.npz'}\n{DISCLAIMER}"
        )
    return 0


def _summary(described: Phantom, computed: PhantomDose) -> dict[str, Any]:
    dose = computed.dose
    index = np.unravel_index(int(np.argmax(dose.values)), dose.values.shape)
    return {
        "engine": dose.engine,
        **_job(described.job, computed),
        "unit": dose.unit,
        "kind": dose.kind,
        "shape_xyz": list(dose.grid.shape[::-1]),
        "spacing_mm": list(dose.grid.spacing_mm),
        "materials": [f"{m.name} {m.density_g_per_cm3:g} g/cm3" for m in described.medium.materials],
        "notes": list(described.notes),
        "maximum": float(dose.values.max()),
        "maximum_at_mm": [round(float(c), 3) for c in dose.grid.point_at(index)],
    }


def _job(job: FieldJob | SourceJob, computed: PhantomDose) -> dict[str, Any]:
    if isinstance(job, FieldJob):
        return {"quality": job.quality}
    settings, source = job.settings, job.source
    return {
        "position_mm": list(source.position_mm),
        "mean_energy_kev": round(source.spectrum.mean_energy_kev, 4),
        "histories": settings.histories,
        "histories_done": computed.histories,
        "interrupted": computed.interrupted,
        "seed": settings.seed,
        "target_uncertainty": settings.target_uncertainty,
        "device": settings.device,
    }
