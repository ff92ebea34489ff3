"""Bilsky's grade of epidural spinal cord compression: 0 to 3 on axial T2, at the worst level."""

from __future__ import annotations

from spondyl.clinic.facts import Epidural, Facts, below_conus, grades_possible
from spondyl.clinic.facts.epidural import FINDINGS, GRADES
from spondyl.clinic.scores.instrument import Scale
from spondyl.clinic.scores.score import Answer, Score, known, open_to, undefined
from spondyl.core.citations import Citation

STATED = "clinical.lesion.bilsky_escc"
NO_CORD = (
    "there is no cord below the conus, and grades 1c to 3 are told by it; see the canal share and Ryu's cauda rule"
)
BILSKY = Scale(
    "bilsky",
    "Bilsky grade of epidural spinal cord compression",
    {
        "0": "bone only; low grade",
        "1a": "epidural tumour, thecal sac not deformed; low grade",
        "1b": "thecal sac deformed, cord not touched; low grade",
        "1c": "thecal sac deformed, cord touched, not compressed; low grade, where the choice is debated",
        "2": "cord compressed, CSF still visible; high grade",
        "3": "cord compressed, no CSF visible; high grade",
    },
    Citation("Bilsky 2010, J Neurosurg Spine 13:324-328", "10.3171/2010.3.SPINE09459", "grades"),
    caveats=("Anatomy, not function: the neurological state stands beside it.",),
)


def bilsky(facts: Facts) -> Score:
    """The grade as a reader gave it, or the grades that the known findings on MR leave possible.

    >>> from spondyl.clinic.facts import read_facts
    >>> epidural = {"cord_compressed": True}
    >>> score = bilsky(read_facts({"level": "T8", "clinical": {"lesion": {"epidural": epidural}}}))
    >>> score.low, score.high
    ('2', '3')
    """
    return BILSKY.score(_grade(facts))


def _grade(facts: Facts) -> Answer:
    lesion = facts.clinical.lesion
    no_cord = below_conus(lesion.epidural, facts.lesion_levels)
    where = f"; {', '.join(facts.lesion_levels) or 'the level'} lies below the conus: no cord there" if no_cord else ""
    if lesion.bilsky_escc is not None:
        return known(lesion.bilsky_escc, f"read as {lesion.bilsky_escc}{where}")
    epidural = without_cord(lesion.epidural) if no_cord else lesion.epidural
    grades = grades_possible(epidural)
    if len(grades) == 1:
        return known(grades[0], f"from the findings on MR{where}")
    if no_cord and epidural.thecal_sac_deformed:
        return undefined(*grades, why=NO_CORD, said=f"thecal sac deformed{where}")
    return open_to(*grades, needs=(STATED, *missing_findings(epidural, grades)), said=where.removeprefix("; "))


def without_cord(epidural: Epidural) -> Epidural:
    """The findings that mean something where there is no cord."""
    return epidural.model_copy(update={"cord_abutted": None, "cord_compressed": None, "csf_visible": None})


def missing_findings(epidural: Epidural, grades: tuple[str, ...]) -> tuple[str, ...]:
    """Paths of the unknown findings that would tell the grades apart."""
    return tuple(
        f"clinical.lesion.epidural.{name}"
        for place, name in enumerate(FINDINGS)
        if getattr(epidural, name) is None and len({GRADES[grade][place] for grade in grades} - {None}) > 1
    )
