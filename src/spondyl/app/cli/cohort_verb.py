"""`spondyl cohort`: many cases at once, and what became of many patients."""

from __future__ import annotations

import typer

from spondyl.app.cli import cohort_run, cohort_survival

HELP = """Many at once: a verb for every case of a folder, survival of any table.

Examples:

    spondyl cohort evaluate plans/ -o judged/

    spondyl cohort survival trial.csv --time months --event died --group arm --at 6,12,24
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its words."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.callback()(_word)
    words.command("survival", help=cohort_survival.HELP)(cohort_survival.survival)
    for verb in ("evaluate", "plan"):
        called = cohort_run.CALLING
        words.command(verb, help=cohort_run.HELPS[verb], context_settings=called)(getattr(cohort_run, verb))
    app.add_typer(words, name="cohort")


def _word() -> None:
    """What stands before the word."""
