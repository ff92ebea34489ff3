"""The rules as data: one row of the papers each, with its condition, its effect and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spondyl.clinic.decide.conditions import Condition, RuleError, parse
from spondyl.clinic.facts import read_facts
from spondyl.clinic.scores import SCORES

Kind = Literal["indication", "eligibility", "contraindication", "relative_contraindication"]
Note = Literal["parameter", "sequence", "outcome"]
Effect = Literal["supports", "requires", "contraindicates", "advises_against", "cautions", "informs"]
EFFECT_OF: Mapping[str, Effect] = {
    "indication": "supports",
    "eligibility": "requires",
    "contraindication": "contraindicates",
    "relative_contraindication": "advises_against",
    "parameter": "informs",
    "sequence": "informs",
    "outcome": "informs",
}
PAPERS = {
    "000": "Kypho-IORT review",
    "001": "treatment review with scores",
    "002": "treatment review with modality tables",
    "003": "radiosurgery review (Ryu 2015)",
    "004": "SIB-SBRT phase 2 trial (2025)",
}


class RuleRow(BaseModel):
    """One rule as its file writes it.

    `effect` is given where the kind alone would say too much or too little, with `why`. Rules of one `group`
    are alternatives: one that holds is enough. A `prognostic` rule never speaks against stabilising an
    unstable spine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"R\d{3}")]
    modality: str
    kind: Kind | Note
    text: str
    when: Any
    paper: Literal["000", "001", "002", "003", "004"]
    place: str
    effect: Effect | None = None
    why: str = ""
    group: str = ""
    prognostic: bool = False
    disputed: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule ready to be asked."""

    row: RuleRow
    condition: Condition

    @property
    def effect(self) -> Effect:
        """What it does to its modality where its condition holds."""
        return self.row.effect or EFFECT_OF[self.row.kind]

    @property
    def source(self) -> str:
        """Paper and place, for people."""
        return f"{self.row.paper} ({PAPERS[self.row.paper]}), {self.row.place}"


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by its number.

    Raises
    ------
    RuleError
        If a file holds a rule that is not closed, a number twice, or a condition that names what does not exist.
    """
    score_keys = frozenset(score(read_facts({})).key for score in SCORES)
    found: dict[str, Rule] = {}
    folder = files("spondyl") / "data" / "rules"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".yaml"):
            continue
        for data in cast("list[dict[str, Any]]", yaml.safe_load(file.read_text(encoding="utf-8"))):
            try:
                row = RuleRow.model_validate(data)
            except ValidationError as error:
                raise RuleError(f"{file.name}, {data.get('id', 'a rule without id')}: {error}") from error
            if row.id in found:
                raise RuleError(f"{file.name}: rule {row.id} is given twice")
            found[row.id] = Rule(row, parse(row.when, f"{file.name}, {row.id}", score_keys))
    return tuple(found[number] for number in sorted(found))
