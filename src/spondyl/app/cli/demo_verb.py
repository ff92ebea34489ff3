"""`spondyl demo`: the main job on a bundled real CT."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import out_console
from spondyl.app.cli.plan_verb import plan_and_tell
from spondyl.core import DISCLAIMER
from spondyl.io import BUNDLED_CASES, bundled_case

EXAMPLE = f"""Plan a bundled case (real CT, drawn lesion, invented facts): {" or ".join(BUNDLED_CASES)}.

Examples:

    spondyl demo

    spondyl demo --case thoracic_t11 -o out/t11
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo", help=EXAMPLE)(demo)


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")] = Path("out/demo"),
    case: Annotated[str, typer.Option(help="Which bundled case.")] = "lumbar_l3",
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no words.")] = False,
) -> int:
    """Plan a bundled case."""
    folder = bundled_case(case)
    if not quiet:
        out_console.print(f"{DISCLAIMER} Planning the bundled case {case}; the first run also compiles.", markup=False)
    return plan_and_tell(folder, out, quiet=quiet)
