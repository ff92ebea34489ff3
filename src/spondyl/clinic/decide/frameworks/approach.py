"""Which surgical approach: by region, column and extent (Table 2 of the treatment review, and Fehlings 2009).

It says how to operate. Whether to operate is open surgery's own verdict, which no approach exceeds.
"""

from __future__ import annotations

from collections.abc import Iterator

from spondyl.clinic.decide.findings import FINDINGS
from spondyl.clinic.decide.findings.finding import yes_or_no
from spondyl.clinic.decide.frameworks.table import Row, reasons
from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient
from spondyl.core.citations import Citation

CITATION = Citation(
    "Zhao 2023, treatment review (paper 001)", "", "Table 2; Anterior and combined approaches; Separation surgery"
)
FEHLINGS = Citation("Fehlings 2009, Spine 34:S108-S117, as paper 002 cites it", "", "Table 1")
REMARK = "times, blood loss and complications in Table 2 come from traumatic burst fractures, indirect here (X14)"
COST = (
    "posterior alone is shorter, with less blood loss, a shorter stay and fewer complications; the combined approach "
    "corrects kyphosis better, with a shorter construct, and needs segmental arteries tied"
)
LESION = "clinical.lesion."


def approach(patient: Patient) -> Iterator[tuple[str, Reason]]:
    """The approaches that region and extent speak for."""
    yield from reasons("Approach", CITATION, _table_2(patient), REMARK)
    yield from reasons("Fehlings", FEHLINGS, _fehlings(patient))


def _table_2(patient: Patient) -> tuple[Row, ...]:
    damage = yes_or_no(
        patient, LESION + "anterior_middle_column_damage_severe", "severe column damage", "columns not severely damaged"
    )
    arch = yes_or_no(
        patient, LESION + "posterior_elements_involved", "posterior elements involved", "posterior elements free"
    )
    front = yes_or_no(
        patient, LESION + "anterior_paravertebral_extension", "tumour in front of the vertebra", "no tumour in front"
    )
    around = FINDINGS["circumferential_compression"](patient)
    return (
        Row(
            "cervicothoracic",
            FINDINGS["at_cervicothoracic"](patient),
            "cervicothoracic junction: combined approach usual",
            {"combined_ap": "supports"},
        ),
        Row(
            "lower lumbar",
            FINDINGS["at_lower_lumbar"](patient),
            "lower lumbar spine: combined, posterior stage first",
            {"combined_ap": "supports"},
        ),
        Row("columns", damage, "anterior and middle column severely damaged: combined", {"combined_ap": "supports"}),
        Row("arch", arch, "posterior elements invaded: posterior alone", {"posterior_laminectomy": "supports"}),
        Row(
            "posterior alone",
            FINDINGS["posterior_alone_region"](patient),
            f"outside the junction and above the lower lumbar spine: posterior alone; {COST}",
            {"posterior_laminectomy": "supports", "combined_ap": "informs"},
        ),
        Row("L2-L3 body", FINDINGS["at_l2_l3"](patient), "L2 or L3: anterior incision", {"anterior": "supports"}),
        Row("paravertebral", front, "tumour in front: anterior dissection first", {"anterior": "supports"}),
        Row(
            "separation",
            around,
            "tumour around the sac, a gap for radiation wanted: separation rather than excision",
            {"separation_surgery": "supports"},
        ),
    )


def _fehlings(patient: Patient) -> tuple[Row, ...]:
    return (
        Row(
            "occipitocervical",
            FINDINGS["at_upper_cervical"](patient),
            "occipitocervical junction: posterior",
            {"posterior_laminectomy": "supports"},
        ),
        Row("subaxial", FINDINGS["at_subaxial"](patient), "subaxial cervical: anterior", {"anterior": "supports"}),
        Row(
            "cervicothoracic",
            FINDINGS["at_cervicothoracic"](patient),
            "cervicothoracic junction: anterior or posterior alone is acceptable, other than paper 001 has it",
            {"anterior": "supports", "posterior_laminectomy": "supports", "combined_ap": "cautions"},
        ),
    )
