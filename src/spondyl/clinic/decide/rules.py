"""The rules as data: one row of the papers each, with its condition, its effect and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spondyl.clinic.decide.conditions import Condition, RuleError, parse
from spondyl.clinic.facts import read_facts
from spondyl.clinic.scores import SCORES

Kind = Literal["indication", "eligibility", "contraindication", "relative_contraindication"]
Note = Literal["parameter", "sequence", "outcome"]
Effect = Literal["supports", "allows", "requires", "contraindicates", "advises_against", "cautions", "informs"]
"""What a rule does where it holds: `supports` makes its modality the recommended one, `allows` one worth weighing;
`requires` must hold; `contraindicates` and `advises_against` speak against it; the others are only said."""
EFFECT_OF: Mapping[str, Effect] = {
    "indication": "supports",
    "eligibility": "requires",
    "contraindication": "contraindicates",
    "relative_contraindication": "advises_against",
    "parameter": "informs",
    "sequence": "informs",
    "outcome": "informs",
}
PART_OF: Mapping[str, tuple[str, str]] = {
    "pkp": ("kypho_iort", "kyphoplasty is part of Kypho-IORT (R183)"),
    "pvp": ("radioactive_cement", "vertebroplasty is part of it (R110)"),
}
"""What speaks against a procedure speaks against every procedure that contains it."""
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
    unstable spine. `also` names other modalities of which the same sentence of the paper speaks, with the effect.
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
    also: Mapping[str, Effect] = {}

    @model_validator(mode="after")
    def _overrides_say_why(self) -> RuleRow:
        if (self.effect is not None or self.also) and not self.why:
            raise ValueError("an effect that is not the kind's own, or another modality, needs a why")
        if self.effect == EFFECT_OF[self.kind]:
            raise ValueError(f"effect {self.effect} is that of the kind {self.kind} anyway; leave it out")
        return self


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
    def speaks_of(self) -> Iterator[tuple[str, Effect, str]]:
        """Every modality it bears on, its effect there, and why where that is not its kind's own."""
        spoken: dict[str, Effect] = {self.row.modality: self.effect, **self.row.also}
        for modality, effect in spoken.items():
            overridden = modality != self.row.modality or self.row.effect is not None
            yield modality, effect, self.row.why if overridden else ""
            if modality in PART_OF and effect in ("contraindicates", "advises_against"):
                whole, why = PART_OF[modality]
                if whole not in self.row.also:
                    yield whole, effect, why

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
    every = [score(read_facts({})) for score in SCORES]
    bands = {score.key: frozenset(band.name for band in score.bands) for score in every}
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
            found[row.id] = Rule(row, parse(row.when, f"{file.name}, {row.id}", bands))
    return tuple(found[number] for number in sorted(found))
