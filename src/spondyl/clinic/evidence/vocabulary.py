"""Closed vocabularies of the evidence table."""

from __future__ import annotations

from typing import Literal, get_args

EndpointKind = Literal[
    "local_control",
    "overall_survival",
    "pain_response",
    "pain_score",
    "vertebral_fracture",
    "complication",
    "neurological_improvement",
    "radiographic_response",
    "function",
    "medication",
    "technical_success",
    "eligibility",
    "dosimetry",
    "accuracy",
    "treatment_parameter",
    "time",
    "follow_up",
    "epidemiology",
    "patient_characteristic",
    "study_conduct",
    "author_conclusion",
]
DesignKind = Literal[
    "review", "protocol", "experimental", "case_report", "series", "retrospective", "prospective", "randomised",
    "unspecified",
]  # fmt: skip
Estimate = Literal["crude", "actuarial", "summary", "assumption", "statement"]
Counted = Literal["patients", "lesions"]
Status = Literal["corrected", "completed", "unresolved", "note"]

ENDPOINT_KINDS: tuple[str, ...] = get_args(EndpointKind)
DESIGN_KINDS: tuple[str, ...] = get_args(DesignKind)

# Names as in the rules of eligibility, so that an option finds its rows.
MODALITIES = (
    "3dcrt",
    "anterior",
    "cebrt",
    "combined_ap",
    "cryoablation",
    "en_bloc",
    "endoscopy_vats",
    "imrt_vmat",
    "kypho_iort",
    "litt",
    "mdt",
    "mis_decompression",
    "mwa",
    "open_surgery",
    "orthosis_halo",
    "percutaneous_screws",
    "pkp",
    "posterior_laminectomy",
    "postop_srs",
    "pvp",
    "radioactive_cement",
    "reirradiation",
    "rfa",
    "scoring",
    "seed_implantation",
    "separation_surgery",
    "sib_sbrt",
    "srs_sbrt",
    "steroids",
    "systemic_radionuclides",
    "vertebral_stent",
)
NO_MODALITY = "none"

COHORTS = {
    "mannheim": "Mannheim, 2009-2019 (Wenz, Schneider, Schmidt, Reis, Bludau)",
    "henry_ford": "Henry Ford Hospital (Ryu, Yin, Rock, Lee; by author, not confirmed for Rock and Lee)",
}
"""Groups whose reports share patients or may do: of each, one report at most is pooled."""
