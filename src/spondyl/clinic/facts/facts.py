"""Everything case.yaml can say of a case, and what follows from it directly."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from spondyl.clinic.facts.base import Closed, Level, Text
from spondyl.clinic.facts.contradictions import contradictions
from spondyl.clinic.facts.measured import Measured
from spondyl.clinic.facts.patient import Clinical, Operation, RadiotherapyCourse

CASE_FORMAT = 1
"""The version of case.yaml that this spondyl reads; keys are only ever added within one."""


class Facts(Closed):
    """Everything case.yaml can say of a case.

    Level and histology may stand at the top or where they were measured or taken; `level` and `histology`
    give them from either place. Two places that disagree are refused.
    """

    case_format: int | None = None
    """Version of this file's format, 1 where it is not given."""
    case_id: Text | None = None
    """A pseudonym, never a name."""
    synthetic_clinical_data: bool | None = None
    """The clinical facts were made up for testing."""
    invented: bool | None = None
    """As synthetic_clinical_data, in the words of the bundled cases."""
    stated_level: Annotated[Level | None, Field(alias="level")] = None
    """The vertebra to treat: C1-C7, T1-T12, L1-L5, S1-S5."""
    stated_histology: Annotated[Text | None, Field(alias="histology")] = None
    """Histology of the primary tumour."""
    prescription: Text | None = None
    """Name of a protocol, for example "sib-sbrt-30in5"."""
    measured: Measured = Measured()
    clinical: Clinical = Clinical()

    @field_validator("case_format")
    @classmethod
    def _readable(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value < 1:
            raise ValueError(f"expected a format from 1 to {CASE_FORMAT}; leave the key out for {CASE_FORMAT}")
        if value is not None and value > CASE_FORMAT:
            raise ValueError(
                f"expected a format up to {CASE_FORMAT}: the file is from a later spondyl; update spondyl to read it"
            )
        return value

    @property
    def level(self) -> str | None:
        """The level to treat, None where case.yaml does not say or lists several levels only."""
        lesion = self.clinical.lesion.levels or ()
        return self.stated_level or self.measured.level or (lesion[0] if len(lesion) == 1 else None)

    @property
    def lesion_levels(self) -> tuple[str, ...]:
        """Levels of the lesion: those listed, or the one to treat; empty where neither is known."""
        return self.clinical.lesion.levels or ((self.level,) if self.level else ())

    @property
    def histology(self) -> str | None:
        """Histology of the primary tumour."""
        return self.stated_histology or self.clinical.primary_histology

    @property
    def ambulatory(self) -> bool | None:
        """Whether the patient walks, from either key."""
        neurology = self.clinical.neurology
        if neurology.ambulation is not None:
            return neurology.ambulation != "not ambulatory"
        return neurology.ambulatory

    @property
    def involved_vertebrae(self) -> int | None:
        """Number of involved vertebrae, this lesion's included; None where it cannot be told."""
        systemic = self.clinical.systemic
        if systemic.involved_levels is not None:
            return len(set(systemic.involved_levels))
        here = len(set(self.clinical.lesion.levels or ())) or (1 if self.level else 0)
        if systemic.other_spinal_metastases is None or not here:
            return None
        return here + systemic.other_spinal_metastases

    @property
    def visceral_count(self) -> int | None:
        """Number of organs with metastases, from the count or from the list."""
        systemic = self.clinical.systemic
        if systemic.visceral_metastases is not None:
            return systemic.visceral_metastases
        return None if systemic.visceral is None else len({site.organ.casefold() for site in systemic.visceral})

    @property
    def operated_here(self) -> bool | None:
        """Whether this level was operated on before, from the key or from the list of operations."""
        prior = self.clinical.prior_surgery
        return _before(prior.at_this_level, prior.operations, self.lesion_levels)

    @property
    def irradiated_here(self) -> bool | None:
        """Whether this level was irradiated before, from the key or from the list of courses."""
        prior = self.clinical.prior_radiotherapy
        return _before(prior.to_this_level, prior.courses, self.lesion_levels)

    @property
    def posterolateral(self) -> str | None:
        """Posterolateral involvement as none, unilateral or bilateral, from the key or by side."""
        lesion = self.clinical.lesion
        if lesion.posterolateral_involvement is not None:
            return lesion.posterolateral_involvement
        if lesion.posterolateral_left is None or lesion.posterolateral_right is None:
            return None
        return ("none", "unilateral", "bilateral")[lesion.posterolateral_left + lesion.posterolateral_right]

    @model_validator(mode="after")
    def _agree(self) -> Any:
        faults = contradictions(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _before(
    stated: bool | None, listed: tuple[RadiotherapyCourse | Operation, ...] | None, here: tuple[str, ...]
) -> bool | None:
    """As stated; else yes where a listed treatment names a level of the lesion, no where the list is empty."""
    if stated is not None or listed is None:
        return stated
    if not listed:
        return False
    return True if any(set(each.levels or ()) & set(here) for each in listed) else None
