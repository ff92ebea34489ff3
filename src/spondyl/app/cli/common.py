"""What every verb shares: bars for long work, tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from spondyl.core import check_output
from spondyl.core.errors import OutputError
from spondyl.core.progress import Progress as ProgressCallback
from spondyl.core.progress import silent

out_console = Console(highlight=False)
err_console = Console(stderr=True, highlight=False)


@contextmanager
def progress_bars(quiet: bool = False) -> Generator[ProgressCallback]:
    """Yield a progress callback that draws one bar a stage on stderr; silent with `quiet`."""
    if quiet:
        yield silent
        return
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err_console) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, fraction: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=min(1.0, fraction))

        yield tell


def check_output_file(path: Path) -> None:
    """Refuse an output file that could not be written, before any work is done for it.

    Raises
    ------
    OutputError
        If `path` is a folder, or its folder is a file or may not be written to.
    """
    if path.is_dir():
        raise OutputError(f"output {path} is a folder, expected the name of a file; choose another name with -o")
    check_output(path.parent)


def write_json(value: Any) -> None:
    """Print `value` as JSON on stdout, nothing else."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
