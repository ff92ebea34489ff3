"""The verbs, and what every one of them shares: exit codes and messages.

Exit codes: 0 done, 1 done and a mandatory limit fails or is unknown, 2 refused input, 3 a fault of ours.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from spondyl.app.cli.usage import usage_text
from spondyl.core.errors import SpondylError
from spondyl.core.provenance import DISCLAIMER

VERBS = (
    "import", "show", "facts", "assess", "fhir", "vignettes", "evidence", "volumes", "plan", "evaluate", "compare",
    "recompute",
    "report", "demo", "phantom", "machine", "register", "whatif", "followup", "cohort", "trial",
)  # fmt: skip

STOPPED = "stopped; nothing of this run is written, what was there before is kept"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"spondyl {version('spondyl')}")
        raise typer.Exit


def _root(
    version_: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """What stands before a verb."""


def _command_line(arguments: list[str]) -> typer.Typer:
    """The verb that the words ask for, all verbs where they name none: to load them all takes seconds."""
    app = typer.Typer(
        name="spondyl",
        help=f"From a spinal metastasis on CT to a judged treatment plan. {DISCLAIMER}",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_root)
    asked = arguments[0] if arguments else ""
    for verb in () if asked == "--version" else (asked,) if asked in VERBS else VERBS:
        importlib.import_module(f"spondyl.app.cli.{verb}_verb").register(app)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    stderr = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        words = sys.argv[1:] if arguments is None else arguments
        code = _command_line(words)(words, prog_name="spondyl", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except SpondylError as error:
        stderr.print(f"error: {error}", markup=False, style="red")
        sys.exit(2)
    except typer.Abort:
        stderr.print(STOPPED, markup=False)
        sys.exit(130)
    except KeyboardInterrupt:
        stderr.print(STOPPED, markup=False)
        sys.exit(130)
    except SystemExit as leaving:
        if leaving.code == 130:
            stderr.print(STOPPED, markup=False)
        raise
    except Exception as error:
        told = usage_text(error)
        if told is not None:
            stderr.print(f"error: {told}", markup=False, style="red")
            sys.exit(2)
        stderr.print_exception()
        stderr.print(f"a fault of spondyl's, not yours: {error!r}; please report it with the lines above", markup=False)
        sys.exit(3)
