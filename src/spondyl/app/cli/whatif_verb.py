"""`spondyl whatif`: the same case under another supposition, planned or measured again."""

from __future__ import annotations

import typer

from spondyl.app.cli import whatif_plans, whatif_setup

HELP = """What if the patient lay off, the tumour were taken off the cord, or the tumour's dose went as high as the cord
allows? Each word plans or measures a case again and shows what changes.

Example:

    spondyl whatif separation cases/t11 --gap-mm 2 -o out/whatif
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its words."""
    words = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="markdown")
    for word in (whatif_setup, whatif_plans):
        word.register(words)
    app.add_typer(words, name="whatif")
