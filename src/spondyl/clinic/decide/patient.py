"""What the rules may ask about: the facts and every score made of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores import SCORES, Score


@dataclass(frozen=True)
class Patient:
    """Facts, and the scores computed from them once."""

    facts: Facts

    @cached_property
    def scores(self) -> dict[str, Score]:
        """Every score by its key."""
        made = (score(self.facts) for score in SCORES)
        return {score.key: score for score in made}

    def score(self, key: str) -> Score:
        """One score by its key."""
        return self.scores[key]

    def fact(self, path: str) -> Any:
        """The value at a dotted path such as `clinical.kps`, None where it is unknown."""
        value: Any = self.facts
        for part in path.split("."):
            value = getattr(value, part)
            if value is None:
                return None
        return None if isinstance(value, BaseModel) else value
