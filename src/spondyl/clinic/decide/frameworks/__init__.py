"""Published frameworks, each a table that yields reasons for modalities."""

from collections.abc import Callable, Iterator

from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient

FRAMEWORKS: tuple[Callable[[Patient], Iterator[tuple[str, Reason]]], ...] = ()

__all__ = ["FRAMEWORKS"]
