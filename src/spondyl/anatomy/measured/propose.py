"""From measurements to proposed facts, in the order in which a report would tell them."""

from __future__ import annotations

from collections.abc import Iterator

from spondyl.anatomy.case import Case
from spondyl.anatomy.measured import tumour_facts
from spondyl.anatomy.measured.heights import BANDS, HEIGHTS, HeightLoss
from spondyl.anatomy.measured.measure import Measurements, measure
from spondyl.anatomy.measured.proposals import Proposal, number, unknown
from spondyl.anatomy.measured.values import Known, Unknown, plus_minus
from spondyl.clinic.facts import Facts

HEIGHT_HOW = (
    "mask of the body, mid-sagittal slab 10 mm wide, at right angles to the endplates' bisector; 6 to 20, 40 to 60, "
    "80 to 94 % of the body's depth from its front; uncertain by one voxel and by the slab's place, one voxel aside"
)
HEIGHT_SOURCE = "bands of the bundled T11's reference heights; the slab's width is our own setting"
LOSS_HOW = "100 (1 - height / mean height of {against}); the deepest middle place against the neighbours' middle height"
LOSS_SOURCE = "compared with neighbours, as semiquantitative grading does (Genant 1993, doi:10.1002/jbmr.5650080915)"
ANGLE_HOW = (
    "between the endplates' lines, each through the middles of its anterior and posterior bands, in the sagittal plane "
    "of the lesion's vertebra; positive in kyphosis; each of the four ends uncertain by half a voxel"
)
ANGLE_SOURCE = "Cobb's construction in the sagittal plane"


def propose_facts(case: Case, *, gtv: str = "", derive_canal: bool = False) -> tuple[Proposal, ...]:
    """Measure a case and propose facts; nothing is written.

    Parameters
    ----------
    case
        With CT and masks.
    gtv
        Name of the GTV where the case holds several.
    derive_canal
        Compute a missing canal from the vertebra's ring.

    Raises
    ------
    VolumeError, StructureError
        As `measure`.
    """
    return proposals_from(measure(case, gtv=gtv, derive_canal=derive_canal), case.facts)


def proposals_from(found: Measurements, facts: Facts) -> tuple[Proposal, ...]:
    """Proposals from measurements that were made already."""
    return (*_heights(found, facts), *_loss(found, facts), *_angles(found, facts), *tumour_facts.tell(found, facts))


def _heights(found: Measurements, facts: Facts) -> Iterator[Proposal]:
    if not found.spine.heights:
        reason = found.spine.loss.reason if isinstance(found.spine.loss, Unknown) else ""
        yield unknown(facts, "", "heights of the vertebral body", "mm", HEIGHT_HOW, reason, HEIGHT_SOURCE)
    for level, body in found.spine.heights.items():
        own = level == (found.level or "")
        for name in HEIGHTS if own else tuple(BANDS):
            path = f"measured.heights_mm.{level}.{name}" if level else ""
            title = f"{level or 'vertebra'} {name.replace('_', ' ')} height"
            yield number(facts, path, title, body.height_mm[name], "mm", 1, HEIGHT_HOW, HEIGHT_SOURCE)


def _loss(found: Measurements, facts: Facts) -> Iterator[Proposal]:
    loss = found.spine.loss
    if isinstance(loss, Unknown):
        how = LOSS_HOW.format(against="the neighbours")
        yield unknown(facts, "clinical.lesion.collapse_percent", "collapse", "%", how, loss.reason, LOSS_SOURCE)
        return
    how = LOSS_HOW.format(against=" and ".join(loss.against))
    for name in HEIGHTS:
        both = len(loss.against) == 2
        path = f"measured.collapse_percent_vs_mean_{'_'.join(loss.against)}.{name}" if both else ""
        title = f"{name.replace('_', ' ')} height loss against {' and '.join(loss.against)}"
        yield number(facts, path, title, loss.percent[name], "%", 0, how, LOSS_SOURCE)
    yield number(
        facts, "measured.collapse_uncertainty_percentage_points", "one voxel, as height loss",
        plus_minus(loss.voxel_percent, 0.0), "percentage points", 0,
        "one voxel along the columns in percent of the neighbours' middle height; each loss above has its own, larger "
        "uncertainty", HEIGHT_SOURCE,
    )  # fmt: skip
    yield _collapse(loss, facts, how, tuple(found.spine.doubts))


def _collapse(loss: HeightLoss, facts: Facts, how: str, doubted: tuple[str, ...]) -> Proposal:
    """The greatest loss; none where it does not exceed its uncertainty."""
    name, greatest = loss.greatest
    if greatest.low > 0:
        value = Known(min(greatest.value, 100.0), greatest.low, min(greatest.high, 100.0))
        reason = f"the {name} height; {loss.percent['middle_minimum'].value:.0f} % at the deepest middle place"
    else:
        value = Known(0.0, 0.0, max(0.0, greatest.high))
        reason = (
            f"no loss beyond the uncertainty: the greatest is {greatest.value:.0f} % ({name}), uncertain by "
            f"{greatest.uncertainty:.0f}; a loss up to {value.high:.0f} % would not be seen"
        )
    if len(loss.against) == 1:
        reason += f"; against {loss.against[0]} alone, although neighbours differ in height"
    if doubted:
        reason += f"; the masks of {' and '.join(doubted)} may hold disc, see the notes"
    path = "clinical.lesion.collapse_percent"
    return number(
        facts, path, "collapse", value, "%", 0, f"the greatest of the mean losses: {how}", LOSS_SOURCE, reason
    )


def _angles(found: Measurements, facts: Facts) -> Iterator[Proposal]:
    levels = list(found.spine.heights)
    named = ((f"wedge of {found.level or 'the vertebra'}", found.spine.wedge_deg),)
    over = (
        f"kyphosis from the upper endplate of {levels[0]} to the lower one of {levels[-1]}" if len(levels) > 2 else ""
    )
    for title, angle in (*named, (over or "kyphosis over the level", found.spine.kyphosis_deg)):
        if isinstance(angle, Unknown):
            yield unknown(facts, "", title, "deg", ANGLE_HOW, angle.reason, ANGLE_SOURCE)
        else:
            yield number(facts, "", title, angle, "deg", 0, ANGLE_HOW, ANGLE_SOURCE)
    yield unknown(
        facts, "clinical.lesion.alignment", "alignment", "", ANGLE_HOW,
        "whether an angle is new needs an earlier image, and subluxation is not measured; see the angles above",
        "SINS asks for subluxation or de novo deformity",
    )  # fmt: skip
