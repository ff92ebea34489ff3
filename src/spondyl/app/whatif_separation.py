"""What if tumour were taken off the cord: the case planned before and after separation surgery."""

from __future__ import annotations

from pathlib import Path

from spondyl.anatomy.separation import Separated, separate
from spondyl.app.plan_output import write_plan
from spondyl.app.report import Table
from spondyl.app.supposed import Supposed
from spondyl.app.whatif_pair import Answer, Question, Side, pair_table, side_in, side_of
from spondyl.app.workflow import open_case, plan_case
from spondyl.core import Progress, silent

BEFORE, AFTER = "before surgery", "after surgery"


def what_if_separated(
    folder: Path, out: Path, gap_mm: float, question: Question, before: Path | None = None, progress: Progress = silent
) -> Answer:
    """Plan the case after separation surgery, and before it where no such plan is given; both into `out`.

    Raises
    ------
    VolumeError
        If the gap is not positive, nothing lies within it, nothing is left, or no cord is drawn.
    """
    separated = separate(open_case(folder), gap_mm, question.gtv)
    if before is None:
        as_is = plan_case(folder, **question.words, progress=progress)
        write_plan(out / "before", as_is, question.settings, progress)
        was = side_of(BEFORE, as_is)
    else:
        was = side_in(BEFORE, before, folder)
    planned = plan_case(folder, **question.words, supposed=Supposed(separated.case), progress=progress)
    write_plan(out / "after", planned, {**question.settings, "gap_mm": gap_mm}, progress)
    now = side_of(AFTER, planned)
    facts = {
        "gap_mm": gap_mm,
        "from": separated.from_what,
        "gtv_cm3": [separated.gtv_before.volume_cm3, separated.gtv_after.volume_cm3],
        "distance_mm": [separated.distance_before_mm, separated.distance_after_mm],
    }
    return Answer("separation", was, now, _table(separated, gap_mm, was, now), facts, planned.verdicts)


def _table(separated: Separated, gap_mm: float, was: Side, now: Side) -> Table:
    lost = separated.gtv_before.volume_cm3 - separated.gtv_after.volume_cm3
    note = (
        f"{lost:.2f} cm³ of tumour within {gap_mm:g} mm of {separated.from_what} are gone; its nearest voxel lay "
        f"{separated.distance_before_mm:.1f} mm from that and lies {separated.distance_after_mm:.1f} mm away. CTV and "
        "PTV are drawn anew. Each plan's GTV is the one left to treat. The dura does not unfold, bone stays."
    )
    return pair_table("Separation surgery", was, now, note)
