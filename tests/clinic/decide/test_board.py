"""Patients known in full, as a tumour board meets them: the verdicts that it would expect."""

from __future__ import annotations

import pytest
from decide_facts import facts_from
from rule_cases import UNSTABLE, Paths

from spondyl.clinic.decide import assess

KNOWN: Paths = {
    "age_years": 62,
    "ecog": 1,
    "kps": 80,
    "sex": "female",
    "pain.present": True,
    "pain.mechanical": False,
    "pain.severe": False,
    "pain.refractory": False,
    "pain.radicular": False,
    "neurology.ryu_neurological_grade": "b",
    "neurology.frankel": "E",
    "neurology.sphincter": "normal",
    "neurology.deficit_progression": "none",
    "neurology.myelopathy": False,
    "neurology.radiculopathy": False,
    "neurology.sensory_change": False,
    "lesion.bone_lesion_type": "lytic",
    "lesion.alignment": "normal",
    "lesion.collapse_percent": 0,
    "lesion.body_involvement_percent": 30,
    "lesion.posterolateral_involvement": "none",
    "lesion.posterior_wall_involved": False,
    "lesion.posterior_elements_involved": False,
    "lesion.fracture": False,
    "lesion.fracture_displaced": False,
    "lesion.fracture_recent": False,
    "lesion.kyphosis_needs_reconstruction": False,
    "lesion.anterior_middle_column_damage_severe": False,
    "lesion.anterior_paravertebral_extension": False,
    "lesion.paraspinal_mass": False,
    "lesion.soft_tissue_component_large": False,
    "lesion.target_length_mm": 30,
    "lesion.well_defined": True,
    "lesion.very_large": False,
    "lesion.needle_path_safe": True,
    "lesion.adjacent_structures_protectable": True,
    "lesion.near_heat_sink": False,
    "lesion.epidural.circumferential": False,
    "lesion.wbb": {"layers": ["B", "C"]},
    "lesion.bilsky_escc": "0",
    "systemic.visceral_metastases": 0,
    "systemic.extraspinal_bone_metastases": 0,
    "systemic.other_spinal_metastases": 0,
    "systemic.brain_metastases": 0,
    "systemic.diffuse_spinal": False,
    "systemic.disseminated_or_uncontrollable": False,
    "systemic.chemotherapy_ongoing": False,
    "primary.controlled": True,
    "primary.low_malignancy": False,
    "life_expectancy_months_estimate": 24,
    "comorbidity.cardiopulmonary_reserve_adequate": True,
    "comorbidity.tolerates_open_surgery": True,
    "comorbidity.tolerates_radiotherapy": True,
    "comorbidity.tolerates_single_lung_ventilation": True,
    "comorbidity.pleural_adhesions_severe": False,
    "comorbidity.major_comorbidities": False,
    "comorbidity.malnutrition": False,
    "comorbidity.immune_status_poor": False,
    "comorbidity.acute_immunosuppression": False,
    "comorbidity.infection": False,
    "comorbidity.coagulopathy_uncorrected": False,
    "comorbidity.osteoporosis": False,
    "comorbidity.extreme_overweight": False,
    "comorbidity.holds_neck_extension": True,
    "comorbidity.skin_at_risk": False,
    "comorbidity.marrow_reserve_adequate": True,
    "comorbidity.mental_disorder_prevents_participation": False,
    "prior_radiotherapy.to_this_level": False,
    "prior_radiotherapy.failed": False,
    "prior_surgery.at_this_level": False,
    "prior_surgery.hardware_at_level": False,
    "prior_surgery.conservative_treatment_failed": False,
    "wishes.consents": True,
    "wishes.histology_needed": False,
    "wishes.likely_cure": False,
    "wishes.judged_unsuitable_by_physician": False,
    "wishes.awaiting_surgery": False,
    "wishes.surgery_possible": True,
    "centre.kypho_iort": True,
    "centre.stereotactic_radiotherapy": True,
    "centre.endoscopic_surgery": True,
    "centre.real_time_mri": False,
    "planning.organ_constraints_met": True,
    "planning.metal_artefact_prevents_dose_assessment": False,
}
"""A fit patient with a single stable lesion in the vertebral body, no deficit, everything at hand."""
FRACTURED: Paths = {"level": "T11", "histology": "breast", "lesion.collapse_percent": 40, "lesion.fracture": True,
                    "pain.mechanical": True}  # fmt: skip
BOARD: dict[str, tuple[Paths, dict[str, str]]] = {
    "renal cell, intact, epidural at L3": (
        {"level": "L3", "histology": "renal cell", "lesion.bilsky_escc": "1b",
         "lesion.epidural.canal_compromise_percent": 15},
        {"srs_sbrt": "recommended", "sib_sbrt": "possible", "cebrt": "advised against", "3dcrt": "advised against",
         "open_surgery": "advised against", "anterior": "advised against", "pkp": "advised against",
         "vertebral_stent": "contraindicated", "steroids": "advised against"},
    ),
    "breast, cord compressed, function kept": (
        {"level": "T8", "histology": "breast", "lesion.bilsky_escc": "3"},
        {"cebrt": "recommended", "srs_sbrt": "recommended", "steroids": "recommended", "open_surgery": "possible",
         "separation_surgery": "advised against", "pkp": "contraindicated", "pvp": "contraindicated",
         "kypho_iort": "contraindicated", "rfa": "advised against"},
    ),
    "renal cell, cord compressed all round, fit": (
        {"level": "T8", "histology": "renal cell", "lesion.bilsky_escc": "3", "lesion.epidural.circumferential": True},
        {"separation_surgery": "recommended", "postop_srs": "recommended", "open_surgery": "recommended",
         "posterior_laminectomy": "recommended", "srs_sbrt": "advised against", "sib_sbrt": "advised against",
         "steroids": "recommended", "combined_ap": "advised against"},
    ),
    "renal cell, cord compressed, unfit": (
        {"level": "T8", "histology": "renal cell", "lesion.bilsky_escc": "3",
         "comorbidity.tolerates_open_surgery": False},
        {"cebrt": "recommended", "srs_sbrt": "advised against", "open_surgery": "advised against",
         "separation_surgery": "advised against"},
    ),
    "myeloma, unstable": (
        {"histology": "myeloma", **UNSTABLE, "lesion.fracture": True, "lesion.posterior_wall_involved": True},
        {"open_surgery": "recommended", "percutaneous_screws": "recommended", "cebrt": "recommended",
         "pkp": "contraindicated", "rfa": "advised against"},
    ),
    "myeloma, unstable, unfit": (
        {"histology": "myeloma", **UNSTABLE, "comorbidity.tolerates_open_surgery": False,
         "wishes.surgery_possible": False},
        {"open_surgery": "advised against", "percutaneous_screws": "recommended", "orthosis_halo": "recommended",
         "cebrt": "recommended"},
    ),
    "lung, rapid paraparesis, two months to live": (
        {"level": "T8", "histology": "NSCLC", "lesion.bilsky_escc": "3", "neurology.ryu_neurological_grade": "d",
         "neurology.frankel": "C", "neurology.deficit_progression": "rapid", "life_expectancy_months_estimate": 2,
         "primary.controlled": False, "systemic.disseminated_or_uncontrollable": True},
        {"open_surgery": "advised against", "srs_sbrt": "advised against", "sib_sbrt": "contraindicated",
         "cebrt": "possible", "steroids": "recommended", "postop_srs": "advised against"},
    ),
    "the same with a year to live and the disease under control": (
        {"level": "T8", "histology": "NSCLC", "lesion.bilsky_escc": "3", "neurology.ryu_neurological_grade": "d",
         "neurology.frankel": "C", "neurology.deficit_progression": "rapid", "life_expectancy_months_estimate": 12},
        {"open_surgery": "recommended", "separation_surgery": "recommended", "srs_sbrt": "advised against",
         "steroids": "recommended"},
    ),
    "painful fracture, unfit, four months to live": (
        {**FRACTURED, "comorbidity.tolerates_open_surgery": False, "wishes.surgery_possible": False,
         "life_expectancy_months_estimate": 4},
        {"pvp": "recommended", "pkp": "recommended", "cebrt": "recommended", "srs_sbrt": "possible",
         "kypho_iort": "advised against", "orthosis_halo": "recommended", "open_surgery": "advised against",
         "percutaneous_screws": "possible"},
    ),
    "painful fracture, fit, two years to live": (
        FRACTURED,
        {"kypho_iort": "possible", "pkp": "possible", "cebrt": "recommended", "open_surgery": "possible",
         "vertebral_stent": "possible", "percutaneous_screws": "possible"},
    ),
    "colon, back after radiotherapy": (
        {"level": "T8", "histology": "colon", "prior_radiotherapy.to_this_level": True,
         "prior_radiotherapy.failed": True},
        {"reirradiation": "recommended", "srs_sbrt": "recommended", "sib_sbrt": "contraindicated",
         "cebrt": "advised against", "open_surgery": "recommended", "postop_srs": "possible"},
    ),
    "colon, plain": (
        {"level": "T8", "histology": "colon"},
        {"cebrt": "recommended", "srs_sbrt": "recommended", "open_surgery": "advised against", "rfa": "possible",
         "reirradiation": "advised against", "imrt_vmat": "possible"},
    ),
    "thyroid, solitary, slow": (
        {"level": "T8", "histology": "thyroid", "primary.low_malignancy": True},
        {"en_bloc": "recommended", "srs_sbrt": "recommended", "cebrt": "advised against"},
    ),
    "breast, diffuse in the spine": (
        {"level": "T8", "histology": "breast", "systemic.diffuse_spinal": True,
         "systemic.other_spinal_metastases": 9, "systemic.extraspinal_bone_metastases": 9},
        {"cebrt": "recommended", "en_bloc": "advised against", "systemic_radionuclides": "possible"},
    ),
    "neck, painful": (
        {"level": "C5", "histology": "breast", "comorbidity.tolerates_open_surgery": False},
        {"pkp": "contraindicated", "kypho_iort": "contraindicated", "pvp": "recommended"},
    ),
    "no stereotactic machine": (
        {"level": "T8", "histology": "renal cell", "centre.stereotactic_radiotherapy": False},
        {"srs_sbrt": "advised against"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOARD)
def test_the_board_finds_the_verdicts_that_it_expects(name: str):
    patient, expected = BOARD[name]
    options = assess(facts_from({**KNOWN, **patient})).options
    assert {modality: options[modality].verdict for modality in expected} == expected


@pytest.mark.parametrize("name", BOARD)
def test_nothing_waits_where_all_is_known_and_every_verdict_against_has_a_reason(name: str):
    options = assess(facts_from({**KNOWN, **BOARD[name][0]})).options
    for option in options.values():
        assert option.verdict != "needs facts", option.modality
        if option.verdict in ("advised against", "contraindicated"):
            assert any(reason.speaks_for is False for reason in option.reasons), option.modality
        if option.verdict == "recommended":
            assert any(reason.speaks_for for reason in option.reasons), option.modality
