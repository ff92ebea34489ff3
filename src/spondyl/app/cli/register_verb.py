"""`spondyl register`: a cone-beam CT to the planning CT, and what the couch must do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich import box
from rich.table import Table

from spondyl.app.cli.common import out_console, write_json
from spondyl.app.cli.plan_kypho import point
from spondyl.app.registering import Registered, plan_isocentre, register_image
from spondyl.app.registering_output import write_registration
from spondyl.core import DISCLAIMER, check_output
from spondyl.io import open_case
from spondyl.io.second_image import read_second_image

HELP = """Register a cone-beam CT to the planning CT: shifts and rotations for a couch with six degrees of freedom.

Examples:

    spondyl register cases/l3 --image cbct/ --plan out/l3 --image-isocentre 0,0,0 -o out/setup

    spondyl register cases/l3 --image earlier_ct.nii.gz -o out/prior
"""
ROWS = (
    ("lateral_mm", "lateral", "mm", "to the patient's left"),
    ("longitudinal_mm", "longitudinal", "mm", "to the gantry (superior)"),
    ("vertical_mm", "vertical", "mm", "up (anterior)"),
    ("pitch_deg", "pitch", "deg", "lifts the head"),
    ("roll_deg", "roll", "deg", "raises the patient's right side"),
    ("rotation_deg", "rotation", "deg", "counter-clockwise from above"),
)
"""Key, name, unit, and what a positive value does, for a head-first supine patient."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("register", help=HELP)(register_verb)


def register_verb(
    case: Annotated[Path, typer.Argument(help="Case folder.")],
    image: Annotated[Path, typer.Option(help="Cone-beam CT or other CT: a DICOM folder, or NIfTI.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for registration.json and the picture.")],
    plan: Annotated[Path | None, typer.Option(help="plan.json, or its folder: where the isocentre lies.")] = None,
    isocentre: Annotated[str | None, typer.Option(help="x,y,z of it in the planning CT, in place of a plan.")] = None,
    image_isocentre: Annotated[
        str | None, typer.Option(help="x,y,z of the machine's isocentre in the image; 0,0,0 for most machines.")
    ] = None,
    around: Annotated[str, typer.Option(help="Structure to register around; the GTV by default.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No table.")] = False,
) -> int:
    """Register an image."""
    check_output(out)
    place = point(isocentre, "--isocentre") or (plan_isocentre(plan) if plan is not None else None)
    theirs = point(image_isocentre, "--image-isocentre")
    opened = open_case(case)
    second, notes = read_second_image(image)
    made = register_image(opened, second, around=around, isocentre_mm=place, image_isocentre_mm=theirs)
    settings = {"around": made.around.name, "isocentre_mm": made.isocentre_mm, "image_isocentre_mm": theirs}
    write_registration(out, made, image, settings)
    if json_:
        write_json(made.record())
    elif not quiet:
        _tell(made, notes, out)
    return 0


def _tell(made: Registered, notes: tuple[str, ...], out: Path) -> None:
    table = Table(title="Couch correction, IEC 61217", title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name, justify in (("", "left"), ("move by", "right"), ("", "left"), ("positive", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for key, name, unit, positive in ROWS:
        table.add_row(name, f"{getattr(made.couch, key):+.2f}", unit, positive)
    out_console.print(table)
    found, moved = made.found, float(np.linalg.norm(made.patient.shift_at(made.isocentre_mm)))
    told = (
        f"the patient lies {moved:.2f} mm and {made.patient.turn_deg:.2f} degrees from the plan",
        f"likeness over the bone around {made.around.name}: {found.likeness_before:.2f} before, "
        f"{found.likeness_after:.2f} after; the image shows {100 * found.overlap:.0f} % of it",
        *(f"note: {note}" for note in (*made.notes, *notes)),
        f"look at {out / 'registration.png'} before the couch moves",
        DISCLAIMER,
    )
    for line in told:
        out_console.print(line, markup=False, soft_wrap=True)
