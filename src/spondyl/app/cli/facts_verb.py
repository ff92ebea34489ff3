"""`spondyl facts`: what is known of patient and lesion."""

from __future__ import annotations

import typer

from spondyl.app.cli import facts_propose

HELP = """Facts: propose them from measurements.

Example:

    spondyl facts propose cases/t11 -o out/facts
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its words."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.command("propose", help=facts_propose.HELP)(facts_propose.propose)
    app.add_typer(words, name="facts")
