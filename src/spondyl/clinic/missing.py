"""Which unknown facts the scores wait for, and what each would tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from spondyl.clinic.facts import Facts, keys
from spondyl.clinic.scores import SCORES, Score


@dataclass(frozen=True)
class Missing:
    """One unknown fact.

    Parameters
    ----------
    path
        Where it stands in case.yaml.
    settles
        Keys of the scores that wait for nothing else.
    narrows
        Keys of the scores that wait for it among others.
    """

    path: str
    settles: tuple[str, ...]
    narrows: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {"fact": self.path, "settles": list(self.settles), "narrows": list(self.narrows)}


def missing_facts(facts: Facts, scores: Iterable[Score] | None = None) -> tuple[Missing, ...]:
    """The unknown facts that scores wait for, those that tell most first.

    >>> from spondyl.clinic.facts import read_facts
    >>> found = missing_facts(read_facts({"clinical": {"kps": 80}}))
    >>> found[0].path, "clinical.kps" in [each.path for each in found]
    ('level', False)
    """
    asked = [score(facts) for score in SCORES] if scores is None else list(scores)
    paths = dict.fromkeys(path for score in asked for path in score.needs)
    found = [
        Missing(
            path,
            tuple(score.key for score in asked if score.needs == (path,)),
            tuple(score.key for score in asked if path in score.needs and len(score.needs) > 1),
        )
        for path in paths
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.settles) - len(each.narrows), each.path)))


def unknown_facts(facts: Facts) -> tuple[str, ...]:
    """Paths of every fact that is unknown, tables left out."""
    found: list[str] = []
    for path, table in keys(Facts):
        if table is None and path not in ("level", "histology") and _at(facts, path) is None:
            found.append(path)
    found += ["level"] if not facts.lesion_levels else []
    found += ["histology"] if facts.histology is None else []
    return tuple(found)


def _at(facts: Facts, path: str) -> Any:
    value: Any = facts
    for part in path.split("."):
        value = getattr(value, part) if isinstance(value, BaseModel) else None
    return value
