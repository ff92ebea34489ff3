"""Modalities as people call them, and the order in which options are shown."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide import Assessment, Option

MODALITIES: Mapping[str, str] = {
    "open_surgery": "open surgery",
    "separation_surgery": "separation surgery",
    "posterior_laminectomy": "posterior approach",
    "anterior": "anterior approach",
    "combined_ap": "combined anterior and posterior approach",
    "en_bloc": "en bloc resection",
    "percutaneous_screws": "percutaneous screws",
    "mis_decompression": "minimally invasive decompression",
    "endoscopy_vats": "endoscopic or thoracoscopic surgery",
    "pvp": "vertebroplasty",
    "pkp": "kyphoplasty",
    "vertebral_stent": "vertebral stent",
    "kypho_iort": "Kypho-IORT",
    "radioactive_cement": "radioactive cement",
    "rfa": "radiofrequency ablation",
    "mwa": "microwave ablation",
    "cryoablation": "cryoablation",
    "litt": "laser ablation",
    "seed_implantation": "seed implantation",
    "cebrt": "conventional radiotherapy",
    "3dcrt": "3D conformal radiotherapy",
    "imrt_vmat": "IMRT or VMAT",
    "srs_sbrt": "radiosurgery or SBRT",
    "sib_sbrt": "SIB-SBRT (30 Gy in 5, boost)",
    "postop_srs": "postoperative radiosurgery",
    "reirradiation": "re-irradiation",
    "systemic_radionuclides": "systemic radionuclides",
    "steroids": "steroids",
    "orthosis_halo": "orthosis or halo",
}
VERDICTS = ("recommended", "possible", "needs facts", "advised against", "contraindicated")
"""From the best to the strictest."""


def modality_name(modality: str) -> str:
    """The name for people, the key itself where there is none."""
    return MODALITIES.get(modality, modality.replace("_", " "))


def sorted_options(assessment: Assessment) -> list[Option]:
    """Options by verdict, best first, then in the order of the names above."""
    order = list(MODALITIES)

    def place(option: Option) -> tuple[int, int]:
        known = order.index(option.modality) if option.modality in order else len(order)
        return VERDICTS.index(option.verdict), known

    return sorted(assessment.options.values(), key=place)
