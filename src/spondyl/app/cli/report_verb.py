"""`spondyl report`: write a plan's report again, or print it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import check_output_file, out_console, progress_bars, write_json
from spondyl.app.report import check_printer, recall, render_report
from spondyl.core import DISCLAIMER
from spondyl.core.errors import OutputError

EXAMPLE = """Write the report of a plan again, and print it as PDF.

Examples:

    spondyl report out/demo

    spondyl report out/demo --pdf -o l3.html
"""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("report", help=EXAMPLE)(report)


def report(
    folder: Annotated[Path, typer.Argument(help="What `spondyl plan` or `spondyl demo` wrote.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="HTML file, or a folder for report.html.")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also print to PDF, A4 (needs spondyl[pdf]).")] = False,
    case: Annotated[Path | None, typer.Option("--case", help="The case folder, where it has moved.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the paths as JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No bars, no words.")] = False,
) -> int:
    """Write the report."""
    html = _html_path(folder, out)
    if out is not None or folder.is_dir():
        check_output_file(html)
        check_output_file(html.with_suffix(".pdf"))
    if pdf:
        check_printer()
    with progress_bars(quiet or json_) as progress:
        progress("read plan and dose", 0.0)
        inputs = recall(folder, case)
        progress("read plan and dose", 1.0)
        progress("draw", 0.0)
        made = render_report(inputs)
        written = {"html": str(made.save(html))}
        progress("draw", 1.0)
        if pdf:
            progress("print", 0.0)
            written["pdf"] = str(made.save_pdf(html.with_suffix(".pdf")))
            progress("print", 1.0)
    if json_:
        write_json(written)
    elif not quiet:
        for path in written.values():
            out_console.print(path, markup=False, soft_wrap=True)
        out_console.print(DISCLAIMER)
    return 0


def _html_path(folder: Path, out: Path | None) -> Path:
    if out is None:
        return folder / "report.html"
    if out.suffix.casefold() in (".html", ".htm"):
        return out
    if out.suffix.casefold() == ".pdf":
        raise OutputError(f"-o {out} is a PDF, expected the HTML file or a folder; give --pdf, the PDF lies beside it")
    return out / "report.html"
