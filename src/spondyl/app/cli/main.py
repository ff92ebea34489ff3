"""The verbs, and what every one of them shares: exit codes and messages.

Exit codes: 0 done, 1 done and a mandatory limit fails or is unknown, 2 refused input, 3 a fault of ours.
"""

from __future__ import annotations

import importlib
import sys

import typer
from rich.console import Console

from spondyl.core.errors import SpondylError
from spondyl.core.provenance import DISCLAIMER

VERBS = ("import", "show", "facts", "volumes", "plan", "evaluate", "report", "demo", "phantom", "machine", "evidence")

app = typer.Typer(
    name="spondyl",
    help=f"From a spinal metastasis on CT to a judged treatment plan. {DISCLAIMER}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)


def _register() -> None:
    for verb in VERBS:
        room = importlib.import_module(f"spondyl.app.cli.{verb}_verb")
        room.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    stderr = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        _register()
        code = app(arguments, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except SpondylError as error:
        stderr.print(f"error: {error}", markup=False, style="red")
        sys.exit(2)
    except typer.Abort:
        stderr.print("stopped; the last complete result is kept", markup=False)
        sys.exit(130)
    except KeyboardInterrupt:
        stderr.print("stopped; the last complete result is kept", markup=False)
        sys.exit(130)
    except SystemExit as leaving:
        if leaving.code == 130:
            stderr.print("stopped; the last complete result is kept", markup=False)
        raise
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if usage is not None:
            stderr.print(f"error: {usage()}", markup=False, style="red")
            sys.exit(2)
        stderr.print_exception()
        stderr.print(f"a fault of spondyl's, not yours: {error!r}; please report it with the lines above", markup=False)
        sys.exit(3)
