"""What was found on a day after (or just before) treatment: the visit, the images, the fractures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spondyl.followup.records.base import Day, Name, NotNegative, OneLevel, Percent, Record, Vas, code

FRANKEL = ("A", "B", "C", "D", "E")
MODALITIES = ("MRI", "CT", "PET-CT", "radiograph", "bone-scan", "other")
SPINO = ("controlled", "progression", "indeterminate", "not-assessable")
SITES = ("epidural", "vertebral-body", "posterior-elements", "paraspinal", "adjacent-level", "other")
FINDINGS = ("none", "unchanged", "new", "progressed")

Grade = Annotated[Literal["A", "B", "C", "D", "E"], code(*FRANKEL)]


class VisitRecord(Record):
    """One visit. The baseline visit lies on or before the day of treatment."""

    on: Day
    """Day of the visit."""
    lesion_id: Name | None = None
    """The lesion whose pain is recorded; None where pain was not asked lesion by lesion."""
    pain_vas: Vas | None = None
    """Worst pain, 0 to 10."""
    oral_morphine_mg_per_day: NotNegative | None = None
    """Daily oral morphine equivalent; 0 where no opioid is taken, None where it is not known."""
    dexamethasone_mg_per_day: NotNegative | None = None
    """Dexamethasone, or what equals it."""
    frankel: Grade | None = None
    """A complete, B sensation only, C motor of no use, D walks, E normal."""
    asia: Grade | None = None
    """ASIA impairment scale."""
    ambulatory: bool | None = None
    """Walks, with or without an aid."""
    kps: Annotated[int, Field(ge=0, le=100, multiple_of=10)] | None = None
    """Karnofsky performance status, 0 to 100 in steps of 10."""
    ecog: Annotated[int, Field(ge=0, le=5)] | None = None
    """ECOG performance status, 0 to 5."""

    @model_validator(mode="after")
    def _possible(self) -> VisitRecord:
        if self.ambulatory and self.frankel in ("A", "B", "C"):
            raise ValueError(
                f"ambulatory is yes, and frankel {self.frankel} means that the patient cannot walk; correct one"
            )
        if self.ambulatory is False and self.frankel == "D":
            raise ValueError("ambulatory is no, and frankel D means that the patient can walk; correct one")
        if self.kps == 0 or self.ecog == 5:
            raise ValueError("KPS 0 and ECOG 5 mean dead, and the dead visit nobody; record the death instead")
        return self


class ImagingReading(Record):
    """One image of one lesion as one reader read it; two readers are two readings."""

    lesion_id: Name
    """The lesion."""
    on: Day
    """Day of the image."""
    reader: Name
    """A pseudonym or role: "reader-1", "consensus"."""
    modality: Annotated[Literal["MRI", "CT", "PET-CT", "radiograph", "bone-scan", "other"], code(*MODALITIES)]
    """Kind of image."""
    spino: Annotated[Literal["controlled", "progression", "indeterminate", "not-assessable"], code(*SPINO)]
    """Local state of the treated segment (SPINO: Thibault 2015, 10.1016/S1470-2045(15)00166-7)."""
    failure_site: (
        Annotated[
            Literal["epidural", "vertebral-body", "posterior-elements", "paraspinal", "adjacent-level", "other"],
            code(*SITES),
        ]
        | None
    ) = None
    """Where the progression is; only with a progression."""
    failure_in_prescription_percent: Percent | None = None
    """Share of the failure contour's volume inside the prescription isodose; only with a progression."""
    failure_d95_gy: NotNegative | None = None
    """Dose that 95 % of the failure contour received; only with a progression."""

    @model_validator(mode="after")
    def _possible(self) -> ImagingReading:
        found = (self.failure_site, self.failure_in_prescription_percent, self.failure_d95_gy)
        if self.spino != "progression" and any(value is not None for value in found):
            raise ValueError(f"a failure is described, and spino is {self.spino}; correct one")
        return self


class FractureReading(Record):
    """Whether one vertebra was broken on one image, as one reader saw it."""

    lesion_id: Name
    """The treated segment that it belongs to."""
    on: Day
    """Day of the image."""
    level: OneLevel
    """The vertebra."""
    finding: Annotated[Literal["none", "unchanged", "new", "progressed"], code(*FINDINGS)]
    """none: no fracture. unchanged: an old one as before, the baseline included. new. progressed: an old one worse."""
    genant_grade: Annotated[int, Field(ge=0, le=3)] | None = None
    """Genant 1993 (10.1002/jbmr.5650080915): 0 none, 1 mild, 2 moderate, 3 severe."""
    height_loss_percent: Percent | None = None
    """Loss of vertebral body height."""
    height_loss_mm: NotNegative | None = None
    """Loss of vertebral body height."""
    symptomatic: bool | None = None
    """The fracture hurts or presses on nerves."""
    reader: Name | None = None
    """A pseudonym or role: "reader-1", "consensus"."""

    @model_validator(mode="after")
    def _possible(self) -> FractureReading:
        if self.finding == "none" and (self.genant_grade or self.symptomatic):
            raise ValueError("finding is none, and a grade or symptoms are given; correct one")
        return self
