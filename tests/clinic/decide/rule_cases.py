"""For every conditional rule: facts by which it holds, and facts by which it does not. Paths stand below `clinical`."""

from __future__ import annotations

from typing import Any

Paths = dict[str, Any]
STABLE: Paths = {
    "level": "T8", "pain.present": False, "lesion.bone_lesion_type": "blastic", "lesion.alignment": "normal",
    "lesion.collapse_percent": 0, "lesion.body_involvement_percent": 10, "lesion.posterolateral_involvement": "none",
}  # fmt: skip
"""SINS 1."""
DOUBTFUL: Paths = {
    "level": "T11", "pain.present": True, "pain.mechanical": True, "lesion.bone_lesion_type": "lytic",
    "lesion.alignment": "normal", "lesion.collapse_percent": 0, "lesion.body_involvement_percent": 10,
    "lesion.posterolateral_involvement": "none",
}  # fmt: skip
"""SINS 8."""
UNSTABLE: Paths = {
    "level": "L1", "pain.present": True, "pain.mechanical": True, "lesion.bone_lesion_type": "lytic",
    "lesion.alignment": "subluxation or translation", "lesion.collapse_percent": 60,
    "lesion.posterolateral_involvement": "bilateral",
}  # fmt: skip
"""SINS 18."""
ALONE: Paths = {
    "systemic.visceral_metastases": 0, "systemic.extraspinal_bone_metastases": 0,
    "systemic.other_spinal_metastases": 0, "systemic.brain_metastases": 0,
}  # fmt: skip
MANY: Paths = {
    "systemic.visceral": [{"organ": "liver", "resectable": False}], "systemic.extraspinal_bone_metastases": 4,
    "systemic.other_spinal_metastases": 3, "systemic.brain_metastases": 0,
}  # fmt: skip
INTACT: Paths = {"neurology.ryu_neurological_grade": "b", "neurology.deficit_progression": "none"}
LOST: Paths = {"neurology.ryu_neurological_grade": "d"}
RAPID: Paths = {"neurology.deficit_progression": "rapid"}
FIT: Paths = {"comorbidity.tolerates_open_surgery": True}
UNFIT: Paths = {"comorbidity.tolerates_open_surgery": False}
ESCC3: Paths = {"level": "T8", "lesion.bilsky_escc": "3"}
ESCC0: Paths = {"level": "T8", "lesion.bilsky_escc": "0"}
BREAST, KIDNEY, LUNG, COLON = ({"histology": name} for name in ("breast", "renal cell", "NSCLC", "colon"))
HERE, NOT_HERE = ({"prior_radiotherapy.to_this_level": value} for value in (True, False))
WBB_BODY: Paths = {"level": "T8", "systemic.other_spinal_metastases": 0, "lesion.wbb": {"layers": ["B", "C"]}}
CAUDA: Paths = {"level": "L4", "lesion.epidural.at_cauda_equina": True}
SHARE = "lesion.epidural.canal_compromise_percent"
CANDIDATE: Paths = {
    "level": "T8", **ALONE, "primary.controlled": True, "primary.low_malignancy": True,
    "life_expectancy_months_estimate": 24,
}  # fmt: skip
TRIAL: Paths = {"life_expectancy_months_estimate": 12, "age_years": 20, "ecog": 2, "wishes.consents": True}
NO_RISK_CERVICAL: Paths = {
    "level": "C5", "comorbidity.extreme_overweight": False, "comorbidity.holds_neck_extension": True
}  # fmt: skip
NO_RFA_BAR: Paths = {
    "lesion.needle_path_safe": True, "comorbidity.acute_immunosuppression": False, "comorbidity.infection": False,
    "comorbidity.coagulopathy_uncorrected": False, "wishes.consents": True,
}  # fmt: skip


def level(name: str) -> Paths:
    """A lesion at one level."""
    return {"level": name}


CASES: dict[str, tuple[Paths, Paths]] = {
    "R004": (
        {"pain.present": True, "comorbidity.osteoporosis": True},
        {"pain.present": True, "comorbidity.osteoporosis": False, "comorbidity.major_comorbidities": False,
         "pain.radicular": False, "neurology.radiculopathy": False, "neurology.myelopathy": False,
         "neurology.sensory_change": False, **INTACT},
    ),
    "R005": (LUNG, BREAST),
    "R006": (STABLE, DOUBTFUL),
    "R007": (UNSTABLE, DOUBTFUL),
    "R009": ({"level": "T8", **BREAST, **ALONE}, {"level": "T8", **LUNG, **ALONE}),
    "R010": ({"level": "T8", **LUNG, **ALONE}, {"level": "T8", **BREAST, **ALONE}),
    "R011": ({"level": "T8", **BREAST, **MANY}, {"level": "T8", **BREAST, **ALONE}),
    "R012": ({"level": "T8", **LUNG, **MANY}, {"level": "T8", **LUNG, **ALONE}),
    "R014": ({"lesion.bilsky_escc": "1a"}, {"lesion.bilsky_escc": "0"}),
    "R015": ({**CAUDA, SHARE: 49.9}, {**CAUDA, SHARE: 50}),
    "R016": ({**CAUDA, SHARE: 50.1}, {**CAUDA, SHARE: 50}),
    "R017": (
        {"pain.refractory": True},
        {"pain.refractory": False, "neurology.deficit_progression": "none", "lesion.fracture": False,
         "prior_radiotherapy.failed": False, "wishes.likely_cure": False},
    ),
    "R018": (
        {"primary.controlled": True, "systemic.disseminated_or_uncontrollable": False,
         "comorbidity.cardiopulmonary_reserve_adequate": True},
        {"primary.controlled": False},
    ),
    "R019": ({"life_expectancy_months_estimate": 3.1}, {"life_expectancy_months_estimate": 3}),
    "R020": (
        {"wishes.histology_needed": True},
        {**STABLE, **INTACT, "wishes.histology_needed": False, "lesion.bilsky_escc": "0", "pain.radicular": False,
         "neurology.radiculopathy": False, "neurology.myelopathy": False, "neurology.sensory_change": False},
    ),
    "R021": (
        {"lesion.fracture_displaced": True},
        {"pain.severe": False, "lesion.fracture_displaced": False, "neurology.deficit_progression": "slow",
         "prior_surgery.conservative_treatment_failed": False, "wishes.histology_needed": False},
    ),
    "R023": ({**ESCC3, **RAPID}, {**STABLE, "neurology.deficit_progression": "slow"}),
    "R024": ({"comorbidity.malnutrition": True}, FIT),
    "R026": ({"age_years": 60.5}, {"age_years": 60}),
    "R027": (LOST, INTACT),
    "R028": (INTACT, LOST),
    "R029": (UNSTABLE, DOUBTFUL),
    "R030": (DOUBTFUL, STABLE),
    "R032": (
        {"level": "C5", "systemic.other_spinal_metastases": 0, "pain.severe": True, "pain.radicular": True},
        {"level": "T5", "systemic.other_spinal_metastases": 0, "pain.severe": True, "pain.radicular": True},
    ),
    "R034": ({"comorbidity.osteoporosis": True}, {"comorbidity.osteoporosis": False}),
    "R035": (level("C2"), level("C3")),
    "R036": ({"pain.radicular": True}, {**ESCC0, "pain.radicular": False, "neurology.radiculopathy": False}),
    "R039": (level("T8"), {"level": "L4", "lesion.posterior_elements_involved": False}),
    "R040": (level("C1"), level("C3")),
    "R041": (CANDIDATE, {**CANDIDATE, "primary.low_malignancy": False}),
    "R043": (WBB_BODY, {**WBB_BODY, "lesion.wbb": {"layers": ["C", "D"]}}),
    "R044": (level("C5"), level("C7")),
    "R045": ({"lesion.anterior_paravertebral_extension": True}, {"lesion.anterior_paravertebral_extension": False}),
    "R046": (level("L2"), level("L4")),
    "R048": (level("T1"), level("T8")),
    "R049": (
        {"lesion.anterior_middle_column_damage_severe": True}, {"lesion.anterior_middle_column_damage_severe": False}
    ),
    "R050": (level("C7"), level("T3")),
    "R051": (level("L5"), level("L3")),
    "R053": ({**ESCC3, "lesion.epidural.circumferential": True}, {**ESCC3, "lesion.epidural.circumferential": False}),
    "R055": ({**KIDNEY, **ESCC3}, {**BREAST, **ESCC3}),
    "R058": ({**UNSTABLE, **UNFIT}, {**DOUBTFUL, **UNFIT}),
    "R059": ({**UNSTABLE, **BREAST, "lesion.bilsky_escc": "1b"}, {**UNSTABLE, **KIDNEY, "lesion.bilsky_escc": "1b"}),
    "R060": (DOUBTFUL, STABLE),
    "R061": ({"comorbidity.osteoporosis": True}, {"comorbidity.osteoporosis": False}),
    "R063": (
        {**ESCC3, "lesion.epidural.circumferential": False, "lesion.kyphosis_needs_reconstruction": False},
        {**ESCC3, "lesion.epidural.circumferential": False, "lesion.kyphosis_needs_reconstruction": True},
    ),
    "R064": (
        {"comorbidity.malnutrition": True},
        {"comorbidity.major_comorbidities": False, "comorbidity.malnutrition": False, "pain.severe": False,
         "comorbidity.immune_status_poor": False, "life_expectancy_months_estimate": 3},
    ),
    "R067": (
        {"pain.present": True, "life_expectancy_months_estimate": 5.9},
        {"pain.present": True, "life_expectancy_months_estimate": 6, **FIT},
    ),
    "R068": ({"pain.present": True, **UNFIT}, {"pain.present": False, **UNFIT}),
    "R069": ({"pain.present": True, **UNFIT}, {**FIT, "comorbidity.tolerates_radiotherapy": True}),
    "R070": ({"lesion.epidural.cord_compressed": True}, {"level": "T8", "lesion.bilsky_escc": "1c"}),
    "R071": ({"lesion.posterior_wall_involved": True}, {"lesion.posterior_wall_involved": False}),
    "R072": ({"lesion.collapse_percent": 75.1}, {"lesion.collapse_percent": 75}),
    "R073": ({"lesion.fracture_recent": True}, {"lesion.fracture_recent": False}),
    "R074": ({**NO_RISK_CERVICAL, "comorbidity.holds_neck_extension": False}, NO_RISK_CERVICAL),
    "R075": ({"level": "C5", "pain.present": True}, {"level": "T5", "pain.present": True}),
    "R077": (ESCC3, ESCC0),
    "R078": ({"lesion.posterior_wall_involved": True}, {"lesion.posterior_wall_involved": False}),
    "R079": ({"lesion.posterior_wall_involved": True}, {**ESCC0, "lesion.posterior_wall_involved": False}),
    "R080": (level("C7"), level("T1")),
    "R081": ({"level": "T8", "lesion.bilsky_escc": "1c"}, {"level": "T8", "lesion.bilsky_escc": "1b"}),
    "R082": ({"lesion.collapse_percent": 1}, {"lesion.collapse_percent": 0}),
    "R083": ({"pain.present": True, "lesion.collapse_percent": 20}, {"pain.present": False}),
    "R085": (
        {"lesion.posterior_elements_involved": False, "lesion.posterolateral_involvement": "none",
         "lesion.paraspinal_mass": False, "lesion.bilsky_escc": "0"},
        {"lesion.paraspinal_mass": True},
    ),
    "R086": ({"pain.present": True, "lesion.collapse_percent": 20}, {"lesion.collapse_percent": 0}),
    "R087": (
        {"lesion.posterior_elements_involved": True},
        {"lesion.posterior_elements_involved": False, "lesion.bilsky_escc": "0"},
    ),
    "R088": ({"pain.vas_0_10": 4}, {"pain.present": False}),
    "R089": ({"comorbidity.infection": True}, NO_RFA_BAR),
    "R090": (
        {"lesion.very_large": True}, {"lesion.very_large": False, "lesion.adjacent_structures_protectable": True}
    ),
    "R091": (UNSTABLE, {**STABLE, "lesion.bilsky_escc": "1a"}),
    "R092": (
        {"lesion.bone_lesion_type": "blastic"}, {"lesion.bone_lesion_type": "lytic", "lesion.near_heat_sink": False}
    ),
    "R093": ({"prior_surgery.hardware_at_level": True}, {"prior_surgery.hardware_at_level": False}),
    "R096": ({**STABLE, "lesion.fracture": True}, {**UNSTABLE, "lesion.fracture": True}),
    "R098": ({"lesion.very_large": True}, {"lesion.very_large": False, "lesion.bone_lesion_type": "lytic"}),
    "R099": ({"lesion.epidural.tumour_in_epidural_space": True}, {"lesion.epidural.tumour_in_epidural_space": False}),
    "R101": ({"lesion.bilsky_escc": "1b"}, {"lesion.bilsky_escc": "0"}),
    "R102": ({"lesion.soft_tissue_component_large": True}, {"lesion.soft_tissue_component_large": False}),
    "R103": ({"lesion.bone_lesion_type": "blastic"}, {"lesion.bone_lesion_type": "mixed"}),
    "R104": ({**ESCC3, "centre.real_time_mri": True}, {**ESCC3, "centre.real_time_mri": False}),
    "R105": (level("L4"), {"level": "T8", "lesion.anterior_middle_column_damage_severe": False}),
    "R106": ({"centre.endoscopic_surgery": False}, {"centre.endoscopic_surgery": True}),
    "R107": (
        {"level": "T8", "lesion.kyphosis_needs_reconstruction": True},
        {"level": "L3", "lesion.kyphosis_needs_reconstruction": True},
    ),
    "R108": (
        {"comorbidity.pleural_adhesions_severe": True},
        {"comorbidity.pleural_adhesions_severe": False, "comorbidity.tolerates_single_lung_ventilation": True},
    ),
    "R109": (UNFIT, {**FIT, "comorbidity.tolerates_radiotherapy": True}),
    "R110": ({"pain.present": True, **UNFIT}, {"pain.present": False}),
    "R112": (
        {"level": "T8", "pain.present": True, "systemic.extraspinal_bone_metastases": 2},
        {"level": "T8", "pain.present": True, **ALONE},
    ),
    "R113": ({"comorbidity.marrow_reserve_adequate": False}, {"comorbidity.marrow_reserve_adequate": True}),
    "R114": ({**DOUBTFUL, "wishes.awaiting_surgery": True}, {**STABLE, "wishes.awaiting_surgery": True}),
    "R115": ({"comorbidity.skin_at_risk": True}, {"comorbidity.skin_at_risk": False}),
    "R116": (
        {"level": "C4", "systemic.chemotherapy_ongoing": True}, {"level": "T4", "systemic.chemotherapy_ongoing": True}
    ),
    "R117": (
        UNFIT,
        {"level": "T8", **FIT, "wishes.surgery_possible": True, "systemic.other_spinal_metastases": 0,
         "lesion.posterior_elements_involved": False, **KIDNEY},
    ),
    "R118": (BREAST, COLON),
    "R119": (KIDNEY, COLON),
    "R121": ({"systemic.diffuse_spinal": True}, {"level": "T8", "systemic.other_spinal_metastases": 0}),
    "R122": (DOUBTFUL, {"pain.mechanical": False, "pain.present": True}),
    "R123": (UNSTABLE, {"pain.present": False}),
    "R124": ({"pain.present": True}, {"pain.present": False}),
    "R125": ({"life_expectancy_months_estimate": 11.9}, {"life_expectancy_months_estimate": 12}),
    "R126": (COLON, KIDNEY),
    "R128": (level("T5"), level("T4")),
    "R129": (LUNG, BREAST),
    "R131": (KIDNEY, BREAST),
    "R132": (
        {"lesion.well_defined": True, "centre.stereotactic_radiotherapy": True}, {"lesion.well_defined": False}
    ),
    "R133": (
        {"level": "T8", "systemic.other_spinal_metastases": 0}, {"level": "T8", "systemic.other_spinal_metastases": 1}
    ),
    "R134": ({"systemic.involved_levels": ["T8", "T9"]}, {"systemic.involved_levels": ["T8", "T10"]}),
    "R135": (
        {"systemic.involved_levels": ["T2", "T8", "T9", "L4"]}, {"systemic.involved_levels": ["T8", "T9", "T10"]}
    ),
    "R136": (
        {"level": "T8", "systemic.diffuse_spinal": True, "systemic.other_spinal_metastases": 2},
        {"level": "T8", "systemic.diffuse_spinal": False},
    ),
    "R137": (
        {"lesion.levels": ["T8", "T9"], "systemic.diffuse_spinal": True, "pain.present": True},
        {"lesion.levels": ["T8", "T9", "T10"], "systemic.diffuse_spinal": True, "pain.present": True},
    ),
    "R138": ({"lesion.target_length_mm": 60.1}, {"lesion.target_length_mm": 60}),
    "R139": (INTACT, RAPID),
    "R140": ({**ESCC3, **INTACT}, {**ESCC0, **INTACT}),
    "R141": (RAPID, INTACT),
    "R142": ({"lesion.fracture": True}, {"lesion.fracture": False}),
    "R143": (
        {"lesion.alignment": "de novo deformity"},
        {"lesion.fracture": False, "lesion.collapse_percent": 0, "lesion.bone_lesion_type": "mixed",
         "lesion.alignment": "normal"},
    ),
    "R144": (
        {"lesion.bone_lesion_type": "lytic", "lesion.body_involvement_percent": 50.1, "planning.dose_gy": 24,
         "planning.fractions": 1},
        {"lesion.bone_lesion_type": "lytic", "lesion.body_involvement_percent": 50.1, "planning.dose_gy": 20,
         "planning.fractions": 1},
    ),
    "R149": (
        {"level": "T8", **ALONE, "life_expectancy_months_estimate": 6},
        {"level": "T8", **ALONE, "life_expectancy_months_estimate": 5.9},
    ),
    "R150": ({"systemic.chemotherapy_ongoing": True}, {"systemic.chemotherapy_ongoing": False}),
    "R151": ({"systemic.chemotherapy_ongoing": True}, {"systemic.chemotherapy_ongoing": False}),
    "R154": (
        {"level": "T8", "systemic.other_spinal_metastases": 0, "wishes.surgery_possible": False},
        {"level": "T8", "systemic.other_spinal_metastases": 0, "wishes.surgery_possible": True, **FIT},
    ),
    "R155": ({"prior_surgery.at_this_level": True}, {"prior_surgery.at_this_level": False}),
    "R156": ({"prior_surgery.hardware_at_level": True}, {"prior_surgery.hardware_at_level": False}),
    "R159": ({**HERE, "prior_radiotherapy.failed": True}, {**HERE, "prior_radiotherapy.failed": False}),
    "R160": ({**HERE, "pain.present": True}, {**NOT_HERE, "pain.present": True}),
    "R161": (HERE, NOT_HERE),
    "R162": (ESCC3, {**ESCC0, **INTACT}),
    "R165": (TRIAL, {**TRIAL, "age_years": 19.9}),
    "R166": (
        {"level": "T8", "prior_radiotherapy.courses": [{"levels": ["T7", "T8"]}]}, {"prior_radiotherapy.courses": []}
    ),
    "R167": ({"planning.organ_constraints_met": False}, {"planning.organ_constraints_met": True}),
    "R168": (RAPID, {"neurology.deficit_progression": "slow"}),
    "R169": (
        {"planning.metal_artefact_prevents_dose_assessment": True},
        {"planning.metal_artefact_prevents_dose_assessment": False},
    ),
    "R170": (
        {"wishes.judged_unsuitable_by_physician": True},
        {"wishes.judged_unsuitable_by_physician": False, "comorbidity.mental_disorder_prevents_participation": False},
    ),
    "R179": ({**DOUBTFUL, "life_expectancy_months_estimate": 6}, {**DOUBTFUL, "life_expectancy_months_estimate": 5}),
    "R180": (DOUBTFUL, STABLE),
    "R181": (
        {"life_expectancy_months_estimate": 6}, {"level": "T8", **MANY, "life_expectancy_months_estimate": 5.9}
    ),
    "R182": ({"centre.kypho_iort": True}, {"centre.kypho_iort": False}),
    "R187": ({"lesion.benign_haemangioma": True}, {"lesion.benign_haemangioma": False}),
    "R188": ({"pain.present": True}, {"pain.present": False}),
}  # fmt: skip
"""Number of the rule: facts by which it holds, facts by which it does not."""
