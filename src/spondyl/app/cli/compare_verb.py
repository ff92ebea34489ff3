"""`spondyl compare`: several ways to treat one case, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from spondyl.app.as_written import as_written
from spondyl.app.cli.common import err_console, out_console, progress_bars, write_json
from spondyl.app.cli.mandatory import EXIT_CODES
from spondyl.app.compare import (
    OVERVIEW_NOTE,
    SHORT,
    Asked,
    Cell,
    Comparison,
    check_choices,
    check_plannable,
    compare_plans,
    comparison_page,
    contestants,
    overview,
    write_comparison,
)
from spondyl.app.workflow import draw_volumes, open_case
from spondyl.core import DISCLAIMER, check_output, writing_folder

MOST_COLUMNS = 5
"""Plans whose every metric is printed side by side; of more, the overview."""
EXAMPLE = f"""Plan one case in several ways, or take plans that are there, and show them side by side.

Examples:

    spondyl compare cases/t11 sib-sbrt kypho-iort cebrt-8in1 -o out/compared

    spondyl compare cases/t11 vmat imrt robotic tomotherapy conformal-20in5 -o out/techniques

    spondyl compare cases/t11 out/t11 cebrt-8in1 -o out/compared --json

{EXIT_CODES} The comparison is written all the same.

What is refused leaves nothing behind, nor does Ctrl-C: all is written at the end. Plans worth keeping are made with
`spondyl plan` and given as folders. In the rounds of a needle's dose, Ctrl-C ends the rounds only.
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compare", help=EXAMPLE)(compare)


def compare(
    case: Annotated[Path, typer.Argument(help="Case folder.")],
    plans: Annotated[list[str], typer.Argument(help=f"Two or more: {SHORT}; or folders of finished plans.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder; plans made here lie in it by name.")],
    gtv: Annotated[str, typer.Option(help="Name of the GTV where there are several.")] = "",
    override: Annotated[str, typer.Option(help="Why kypho-iort is planned though contraindicated.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no words.")] = False,
) -> int:
    """Compare plans."""
    check_output(out)
    check_choices(plans)
    asked = Asked(gtv, override)
    with progress_bars(quiet or json_) as progress:
        opened = open_case(case)
        check_plannable(opened, plans, asked)
        structures = as_written(draw_volumes(opened, gtv=gtv, progress=progress).structures)
        with writing_folder(out) as folder:
            made = contestants(opened, plans, folder, out, asked, progress)
            found = compare_plans(opened.name, made, structures, progress)
            page = comparison_page(opened, structures, found)
            write_comparison(folder, found, page, opened.folder, {"plans": plans, "gtv": gtv, "override": override})
    if json_:
        write_json({**found.record(), "out": str(out)})
    elif not quiet:
        _tell(found, out)
    return _tell_unmet(found)


def _tell(found: Comparison, out: Path) -> None:
    columns, rows = overview(found)
    _print(f"{found.case}: Gy (EQD2 in Gy)", columns, rows, 2)
    if len(found.plans) <= MOST_COLUMNS:
        named = tuple(plan.name for plan in found.plans)
        every = tuple((row.structure, row.metric, *(_words(cell) for cell in row.cells)) for row in found.rows)
        _print("", ("structure", "metric", *named), every, 2)
    else:
        out_console.print(f"{len(found.rows)} metrics more: {out / 'compare.csv'}", markup=False, soft_wrap=True)
    for note in (OVERVIEW_NOTE, *found.notes(), *(f"alpha/beta {told}" for told in found.alpha_betas())):
        out_console.print(f"note: {note}", markup=False, soft_wrap=True)
    out_console.print(f"page: {out / 'compare.html'}", markup=False, soft_wrap=True)
    out_console.print(DISCLAIMER, markup=False)


def _print(title: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], left: int) -> None:
    """A table whose first `left` columns stand to the left."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < left else "right", no_wrap=number < left)
    for row in rows:
        table.add_row(*row)
    out_console.print(table)


def _words(cell: Cell) -> str:
    """Gy, and EQD2 where it is known; of bounds those in Gy."""
    return cell.gy.text if cell.gy.value is None else f"{cell.gy.text} ({cell.eqd2_gy.text})"


def _tell_unmet(found: Comparison) -> int:
    """Name on stderr the plans whose own mandatory limits are not met; the exit code: 0 where there are none."""
    unmet = [f"{plan.name} ({plan.unmet})" for plan in found.plans if plan.unmet]
    if not unmet:
        return 0
    err_console.print(f"mandatory limits not met: {'; '.join(unmet)}; exit code 1", markup=False, soft_wrap=True)
    return 1
