"""`spondyl facts`: what is known of patient and lesion."""

from __future__ import annotations

import typer

from spondyl.app.cli import facts_check, facts_new, facts_propose

HELP = """Facts: an empty form, a check of what is missing, proposals from measurements.

Example:

    spondyl facts new -o case.yaml

    spondyl facts check cases/t11

    spondyl facts propose cases/t11 -o out/facts
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its words."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.command("new", help=facts_new.HELP)(facts_new.new)
    words.command("check", help=facts_check.HELP)(facts_check.check)
    words.command("propose", help=facts_propose.HELP)(facts_propose.propose)
    app.add_typer(words, name="facts")
