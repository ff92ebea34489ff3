"""The patient: primary tumour, disease elsewhere, blood, other illness, earlier treatment, wishes, and the centre."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spondyl.clinic.facts.base import (
    LEVELS,
    Closed,
    Count,
    Levels,
    NotNegative,
    PastDate,
    Positive,
    Text,
    Texts,
    word,
)
from spondyl.clinic.facts.lesion import Lesion, Neurology, Pain

MOST_ORGANS = 20
"""Most organs with metastases that facts may count: what is more is a count of lesions."""


class Primary(Closed):
    """The primary tumour."""

    controlled: bool | None = None
    """The primary tumour is under control."""
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
    """Name of the organ."""
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
    other_spinal_metastases: Annotated[int, Field(ge=0, le=len(LEVELS) - 1)] | None = None
    """Number of involved vertebrae beside this lesion's."""
    involved_levels: Levels | None = None
    """Every involved vertebra, this lesion's included."""
    diffuse_spinal: bool | None = None
    """Diffuse spinal metastases."""
    brain_metastases: Count | None = None
    """Number of brain metastases."""
    disseminated_or_uncontrollable: bool | None = None
    """Disease outside the spine that cannot be controlled."""
    previous_chemotherapy: bool | None = None
    """Any systemic chemotherapy before."""
    chemotherapy_ongoing: bool | None = None
    """Systemic chemotherapy is being given."""
    disease_status: Text | None = None
    """In words."""
    options: Texts | None = None
    """Systemic treatments that are left, in words."""


class Laboratory(Closed):
    """Blood values that the scores ask for."""

    albumin_g_per_dl: Positive | None = None
    """Serum albumin."""
    crp_mg_per_dl: NotNegative | None = None
    """C-reactive protein."""
    ldh_iu_per_l: NotNegative | None = None
    """Lactate dehydrogenase."""
    platelets_per_ul: NotNegative | None = None
    """Platelets: 100000, not 100."""
    calcium_mg_per_dl: Positive | None = None
    """Corrected for albumin."""
    bilirubin_mg_per_dl: NotNegative | None = None
    """Total."""


class Comorbidity(Closed):
    """Other illness, as far as a treatment's rules ask for it."""

    cardiopulmonary_reserve_adequate: bool | None = None
    """Heart and lungs bear the operation."""
    tolerates_open_surgery: bool | None = None
    """Fit for open surgery."""
    tolerates_radiotherapy: bool | None = None
    """Can lie still for radiotherapy and bears it."""
    tolerates_single_lung_ventilation: bool | None = None
    """Needed for thoracoscopy."""
    pleural_adhesions_severe: bool | None = None
    """Severe pleural adhesions."""
    major_comorbidities: bool | None = None
    """Major comorbidities."""
    malnutrition: bool | None = None
    """Malnutrition."""
    immune_status_poor: bool | None = None
    """Poor immune status."""
    acute_immunosuppression: bool | None = None
    """Acutely immunosuppressed."""
    infection: bool | None = None
    """Local or systemic infection."""
    coagulopathy_uncorrected: bool | None = None
    """Coagulopathy that cannot be or was not corrected."""
    osteoporosis: bool | None = None
    """Osteoporosis."""
    extreme_overweight: bool | None = None
    """Extreme overweight."""
    holds_neck_extension: bool | None = None
    """Can hold the neck extended."""
    skin_at_risk: bool | None = None
    """Skin that an orthosis would endanger."""
    marrow_reserve_adequate: bool | None = None
    """Bone marrow bears systemic radionuclides."""
    mental_disorder_prevents_participation: bool | None = None
    """A mental disorder prevents participation."""
    other: Texts | None = None
    """Other illness, in words."""


class RadiotherapyCourse(Closed):
    """One earlier course of radiation."""

    levels: Levels | None = None
    """Levels irradiated."""
    site: Text | None = None
    """Site, in words."""
    dose_gy: Positive | None = None
    """Total dose."""
    fractions: Annotated[int, Field(ge=1)] | None = None
    """Number of fractions."""
    date: PastDate | None = None
    """Last day."""
    technique: Text | None = None
    """Technique, in words."""


class PriorRadiotherapy(Closed):
    """Radiation the patient had before."""

    to_this_level: bool | None = None
    """The lesion's level was irradiated before."""
    to_cord: bool | None = None
    """The cord at this level was irradiated before."""
    failed: bool | None = None
    """The lesion progressed or hurts again after radiotherapy."""
    courses: Annotated[tuple[RadiotherapyCourse, ...], Field(strict=False)] | None = None
    """Every course, where they are known."""
    other: Text | None = None
    """Radiotherapy elsewhere, in words."""


class Operation(Closed):
    """One earlier operation on the spine."""

    levels: Levels | None = None
    """Levels operated on."""
    kind: Text | None = None
    """Kind, in words."""
    date: PastDate | None = None
    """Day of the operation."""


class PriorSurgery(Closed):
    """Operations and implants."""

    at_this_level: bool | None = None
    """The lesion's level was operated on before."""
    hardware_at_level: bool | None = None
    """Metal within or beside the target."""
    operations: Annotated[tuple[Operation, ...], Field(strict=False)] | None = None
    """Every operation on the spine, where they are known."""
    conservative_treatment_failed: bool | None = None
    """Treatment without operation has failed."""
    cement_at_level: bool | None = None
    """Cement in the vertebra."""


class Wishes(Closed):
    """What the patient and the team want of the treatment."""

    consents: bool | None = None
    """Consents to the treatment in question."""
    histology_needed: bool | None = None
    """A tissue diagnosis is still missing."""
    likely_cure: bool | None = None
    """Cure is likely, by the clinician's judgement."""
    judged_unsuitable_by_physician: bool | None = None
    """Judged unsuitable for the treatment in question."""
    awaiting_surgery: bool | None = None
    """Waits for an operation."""
    surgery_possible: bool | None = None
    """A surgeon would operate."""


class Centre(Closed):
    """What the treating centre can do."""

    kypho_iort: bool | None = None
    """Kypho-IORT is available."""
    stereotactic_radiotherapy: bool | None = None
    """Stereotactic radiotherapy is available."""
    endoscopic_surgery: bool | None = None
    """Endoscopic surgery is available."""
    real_time_mri: bool | None = None
    """MRI during the procedure is available."""


class Planning(Closed):
    """What a trial plan has shown."""

    organ_constraints_met: bool | None = None
    """The plan keeps every mandatory limit."""
    metal_artefact_prevents_dose_assessment: bool | None = None
    """Metal artefacts prevent a precise dose."""
    dose_gy: Positive | None = None
    """Prescribed dose."""
    fractions: Annotated[int, Field(ge=1)] | None = None
    """Number of fractions."""


class FollowUp(Closed):
    """Pain after treatment, for the response to it."""

    vas_0_10: Annotated[float, Field(ge=0, le=10)] | None = None
    """Worst pain after treatment."""
    opioid_omed_mg_per_day: NotNegative | None = None
    """Daily oral morphine equivalent dose after treatment."""


class Clinical(Closed):
    """What history and examination say."""

    age_years: Annotated[float, Field(ge=0, le=130)] | None = None
    """Age."""
    sex: Annotated[Literal["female", "male", "other"], word("female", "male", "other")] | None = None
    """Sex."""
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
    """Dexamethasone, or what equals it."""
    anticoagulation: Text | None = None
    """Drug, or none."""
