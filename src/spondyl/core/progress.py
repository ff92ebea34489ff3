"""How long work tells how far it is: rooms call it, the command line draws the bar."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the stage's name and the fraction done, 0 to 1."""


def silent(stage: str, fraction: float) -> None:
    """Tell nobody."""
