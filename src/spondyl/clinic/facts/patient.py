"""The patient: primary tumour, disease elsewhere, blood, other illness, earlier treatment, wishes, and the centre."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spondyl.clinic.facts.base import (
    Closed,
    Count,
    Levels,
    NotNegative,
    PastDate,
    Positive,
    Text,
    Texts,
)
from spondyl.clinic.facts.lesion import Lesion, Neurology, Pain

MOST_ORGANS = 20
"""Most organs with metastases that facts may count: what is more is a count of lesions."""


class Primary(Closed):
    """The primary tumour."""

    controlled: bool | None = None
    low_malignancy: bool | None = None
    """Slowly growing by the clinician's judgement."""
    hormone_dependent: bool | None = None
    """Breast and prostate: responds to hormones."""
    molecularly_targeted: bool | None = None
    """Lung: treated with a molecularly targeted drug."""
    months_diagnosis_to_metastasis: NotNegative | None = None
    """From the first diagnosis to the first metastasis."""


class VisceralMetastasis(Closed):
    """Metastases in one organ."""

    organ: Text
    resectable: bool | None = None
    """Removable, or treatable with intent to control."""
    disseminated: bool | None = None
    """Pleural, peritoneal or leptomeningeal spread."""


class Systemic(Closed):
    """Disease elsewhere and what can still be done about it."""

    visceral_metastases: Annotated[int, Field(ge=0, le=MOST_ORGANS)] | None = None
    """Number of organs with metastases; bone and brain are not counted."""
    visceral: Annotated[tuple[VisceralMetastasis, ...], Field(strict=False, max_length=MOST_ORGANS)] | None = None
    """The organs, where they are known."""
    extraspinal_bone_metastases: Count | None = None
    """Number of bone metastases outside the spine."""
    other_spinal_metastases: Count | None = None
    """Number of involved vertebrae beside this lesion's."""
    involved_levels: Levels | None = None
    """Every involved vertebra, this lesion's included."""
    diffuse_spinal: bool | None = None
    """Diffuse spinal metastases."""
    brain_metastases: Count | None = None
    disseminated_or_uncontrollable: bool | None = None
    """Disease outside the spine that cannot be controlled."""
    previous_chemotherapy: bool | None = None
    """Any systemic chemotherapy before."""
    chemotherapy_ongoing: bool | None = None
    disease_status: Text | None = None
    options: Texts | None = None


class Laboratory(Closed):
    """Blood values that the scores ask for."""

    albumin_g_per_dl: Positive | None = None
    crp_mg_per_dl: NotNegative | None = None
    ldh_iu_per_l: NotNegative | None = None
    platelets_per_ul: NotNegative | None = None
    calcium_mg_per_dl: Positive | None = None
    """Corrected for albumin."""
    bilirubin_mg_per_dl: NotNegative | None = None
    """Total."""


class Comorbidity(Closed):
    """Other illness, as far as a treatment's rules ask for it."""

    cardiopulmonary_reserve_adequate: bool | None = None
    tolerates_open_surgery: bool | None = None
    tolerates_radiotherapy: bool | None = None
    tolerates_single_lung_ventilation: bool | None = None
    pleural_adhesions_severe: bool | None = None
    major_comorbidities: bool | None = None
    malnutrition: bool | None = None
    immune_status_poor: bool | None = None
    acute_immunosuppression: bool | None = None
    infection: bool | None = None
    """Local or systemic infection."""
    coagulopathy_uncorrected: bool | None = None
    osteoporosis: bool | None = None
    extreme_overweight: bool | None = None
    holds_neck_extension: bool | None = None
    skin_at_risk: bool | None = None
    marrow_reserve_adequate: bool | None = None
    mental_disorder_prevents_participation: bool | None = None
    other: Texts | None = None


class RadiotherapyCourse(Closed):
    """One earlier course of radiation."""

    levels: Levels | None = None
    site: Text | None = None
    dose_gy: Positive | None = None
    fractions: Annotated[int, Field(ge=1)] | None = None
    date: PastDate | None = None
    technique: Text | None = None


class PriorRadiotherapy(Closed):
    """Radiation the patient had before."""

    to_this_level: bool | None = None
    to_cord: bool | None = None
    failed: bool | None = None
    """The lesion progressed or hurts again after radiotherapy."""
    courses: Annotated[tuple[RadiotherapyCourse, ...], Field(strict=False)] | None = None
    other: Text | None = None


class Operation(Closed):
    """One earlier operation on the spine."""

    levels: Levels | None = None
    kind: Text | None = None
    date: PastDate | None = None


class PriorSurgery(Closed):
    """Operations and implants."""

    at_this_level: bool | None = None
    hardware_at_level: bool | None = None
    """Metal within or beside the target."""
    operations: Annotated[tuple[Operation, ...], Field(strict=False)] | None = None
    conservative_treatment_failed: bool | None = None
    cement_at_level: bool | None = None


class Wishes(Closed):
    """What the patient and the team want of the treatment."""

    consents: bool | None = None
    """Consents to the treatment in question."""
    histology_needed: bool | None = None
    """A tissue diagnosis is still missing."""
    likely_cure: bool | None = None
    judged_unsuitable_by_physician: bool | None = None
    awaiting_surgery: bool | None = None
    surgery_possible: bool | None = None
    """A surgeon would operate."""


class Centre(Closed):
    """What the treating centre can do."""

    kypho_iort: bool | None = None
    stereotactic_radiotherapy: bool | None = None
    endoscopic_surgery: bool | None = None
    real_time_mri: bool | None = None


class Planning(Closed):
    """What a trial plan has shown."""

    organ_constraints_met: bool | None = None
    metal_artefact_prevents_dose_assessment: bool | None = None
    dose_gy: Positive | None = None
    fractions: Annotated[int, Field(ge=1)] | None = None


class FollowUp(Closed):
    """Pain after treatment, for the response to it."""

    vas_0_10: Annotated[float, Field(ge=0, le=10)] | None = None
    opioid_omed_mg_per_day: NotNegative | None = None


class Clinical(Closed):
    """What history and examination say."""

    age_years: Annotated[float, Field(ge=0, le=130)] | None = None
    sex: Literal["female", "male", "other"] | None = None
    primary_histology: Text | None = None
    """Histology of the primary tumour, in words."""
    primary: Primary = Primary()
    kps: Annotated[int, Field(ge=0, le=100, multiple_of=10)] | None = None
    """Karnofsky performance status, 0 to 100 in steps of 10."""
    ecog: Annotated[int, Field(ge=0, le=5)] | None = None
    """ECOG performance status, 0 to 5."""
    life_expectancy_months_estimate: NotNegative | None = None
    """The clinician's own estimate, in months."""
    pain: Pain = Pain()
    neurology: Neurology = Neurology()
    lesion: Lesion = Lesion()
    systemic: Systemic = Systemic()
    laboratory: Laboratory = Laboratory()
    comorbidity: Comorbidity = Comorbidity()
    prior_radiotherapy: PriorRadiotherapy = PriorRadiotherapy()
    prior_surgery: PriorSurgery = PriorSurgery()
    wishes: Wishes = Wishes()
    centre: Centre = Centre()
    planning: Planning = Planning()
    follow_up: FollowUp = FollowUp()
    steroids_mg_dexamethasone_per_day: NotNegative | None = None
    anticoagulation: Text | None = None
