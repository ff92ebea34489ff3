"""Proposed facts of the tumour: shares, posterior wall, canal, distances, density."""

from __future__ import annotations

from collections.abc import Iterator

from spondyl.anatomy.measured.lesion_density import CORTEX_MM, LEAST_SHARE_PERCENT, LesionDensity
from spondyl.anatomy.measured.measure import Measurements, Tumour
from spondyl.anatomy.measured.proposals import Proposal, number, unknown, value_at, word
from spondyl.anatomy.measured.shares import TOUCH_CM3
from spondyl.anatomy.measured.values import Known, Unknown
from spondyl.clinic.facts import Facts

HALF_VOXEL = "range with the GTV's border half a voxel further in and out"
MASKS = "masks of GTV, vertebra and canal; the definition is ours"
COX = "sectors of Cox 2012 (doi:10.1016/j.ijrobp.2012.03.009); the threshold is our own setting"
SINS = "SINS asks for fracture of facet, pedicle or costovertebral joint, or their replacement by tumour"
DENSITY_HOW = (
    f"HU of the lesion's cancellous bone ({CORTEX_MM:g} mm below the body's surface) against the central 95 % of the "
    f"same body's bone outside the GTV and of the neighbours'; called where at least {LEAST_SHARE_PERCENT:g} % of the "
    "lesion lie beyond, more than of any healthy region, and every reference says the same"
)
DENSITY_SOURCE = "our own settings: no publication that could be confirmed gives thresholds; an assumption"
LESION = "clinical.lesion"


def tell(found: Measurements, facts: Facts) -> Iterator[Proposal]:
    """Every proposal about the tumour; where there is none, the facts that stay unknown for that."""
    for name, part in (("vertebra", "vertebra"), ("vertebral_body", "vertebral body")):
        yield number(
            facts, f"measured.{name}_volume_cm3", f"volume of the {part}", found.volumes_cm3[name], "cm3", 2,
            "sum of the mask's coverage; range with its border half a voxel further in and out", MASKS,
        )  # fmt: skip
    tumour = found.tumour
    if isinstance(tumour, Unknown):
        paths = ("body_involvement_percent", "bone_lesion_type", "posterolateral_involvement", "paraspinal_mass")
        for name in paths:
            yield unknown(facts, f"{LESION}.{name}", name.replace("_", " "), "", MASKS, tumour.reason, MASKS)
        return
    yield number(
        facts, "measured.gtv_volume_cm3", "volume of the GTV", tumour.volume_cm3, "cm3", 2,
        f"sum of the mask's coverage; {HALF_VOXEL}", MASKS,
    )  # fmt: skip
    yield from _shares(tumour, facts)
    yield from _wall(tumour, facts)
    yield from _canal(tumour, facts)
    yield from _distances(tumour, facts)
    yield _density(tumour, facts)


def _shares(tumour: Tumour, facts: Facts) -> Iterator[Proposal]:
    how = f"expected overlap of GTV and sector in percent of the sector; {HALF_VOXEL}"
    body = tumour.sectors["vertebral_body"].percent
    yield number(facts, f"{LESION}.body_involvement_percent", "share of the body involved", body, "%", 0, how, COX)
    fraction = Known(body.value / 100, body.low / 100, body.high / 100)
    path = "measured.gtv_fraction_of_vertebral_body"
    yield number(facts, path, "share of the body involved, as a fraction", fraction, "", 2, how, COX)
    for name, share in tumour.sectors.items():
        if name != "vertebral_body":
            yield number(facts, "", f"share of {name.replace('_', ' ')} involved", share.percent, "%", 0, how, COX)
    touched = tuple(name for name, share in tumour.sectors.items() if share.touched)
    doubtful = [name for name, share in tumour.sectors.items() if not share.certain]
    reason = f"half a voxel decides on {', '.join(doubtful)}" if doubtful else ""
    how = f"touched from {TOUCH_CM3:g} cm3 of certain overlap on"
    yield word(facts, "measured.isrc_sectors_involved", "sectors touched", touched, how, COX, reason)
    yield from _posterolateral(touched, doubtful, facts)
    yield _posterior_elements(touched, doubtful, facts)


def _posterolateral(touched: tuple[str, ...], doubtful: list[str], facts: Facts) -> Iterator[Proposal]:
    """The sides in one word, and each side by itself."""
    how = "sides on which the GTV touches the pedicle, or the transverse process with lamina and facet"
    sides = [side for side in ("left", "right") if any(name.endswith(f"_{side}") for name in touched)]
    value = ("none", "unilateral", "bilateral")[len(sides)]
    path, reason = f"{LESION}.posterolateral_involvement", _said(touched, doubtful, ("_left", "_right"))
    yield word(facts, path, "posterolateral involvement", value, how, SINS, reason)
    for side in ("left", "right"):
        path, name = f"{LESION}.posterolateral_{side}", f"posterolateral involvement, {side}"
        yield word(facts, path, name, side in sides, how, SINS, _said(touched, doubtful, (f"_{side}",)))


def _posterior_elements(touched: tuple[str, ...], doubtful: list[str], facts: Facts) -> Proposal:
    parts = ("transverse_process_lamina_left", "transverse_process_lamina_right", "spinous_process")
    value = any(name in touched for name in parts)
    how = f"GTV in the spinous process or a transverse process with lamina and facet, from {TOUCH_CM3:g} cm3 on"
    path, name = f"{LESION}.posterior_elements_involved", "posterior elements involved"
    return word(facts, path, name, value, how, COX, _said(touched, doubtful, parts))


def _said(touched: tuple[str, ...], doubtful: list[str], ends: tuple[str, ...]) -> str:
    parts, unsure = ([name for name in names if name.endswith(ends)] for names in (touched, doubtful))
    said = [f"tumour in {', '.join(parts)}: whether it replaces or breaks them must be seen"] if parts else []
    said += [f"half a voxel decides on {', '.join(unsure)}"] if unsure else []
    return "; ".join(said)


def _wall(tumour: Tumour, facts: Facts) -> Iterator[Proposal]:
    wall = tumour.wall
    how = (
        "posterior wall as far as the canal is wide, seen from behind; contact where its outermost half voxel of bone "
        f"is tumour; {HALF_VOXEL}"
    )
    if isinstance(wall, Unknown):
        yield unknown(facts, "", "contact with the posterior wall", "cm2", how, wall.reason, MASKS)
        return
    reason = f"of {wall.area_cm2:.1f} cm2" + ("; half a voxel decides" if wall.touched is None else "")
    yield number(facts, "", "contact with the posterior wall", wall.contact_cm2, "cm2", 1, how, MASKS, reason)
    yield number(facts, "", "distance to the posterior wall", wall.distance_mm, "mm", 1, how, MASKS)
    path, name = f"{LESION}.posterior_wall_involved", "posterior wall involved"
    if wall.touched is None:
        yield unknown(facts, path, name, "", how, "half a voxel decides", MASKS)
    else:
        yield word(facts, path, name, wall.touched, how, MASKS)


def _canal(tumour: Tumour, facts: Facts) -> Iterator[Proposal]:
    yield number(
        facts, "measured.gtv_epidural_volume_cm3", "epidural tumour", tumour.epidural_cm3, "cm3", 2,
        f"expected overlap of GTV and canal; {HALF_VOXEL}", MASKS,
    )  # fmt: skip
    path, name = f"{LESION}.epidural.tumour_in_epidural_space", "tumour in the epidural space"
    how = f"GTV inside the canal from {TOUCH_CM3:g} cm3 on, also with its border half a voxel further in"
    if tumour.epidural_cm3.value >= TOUCH_CM3 > tumour.epidural_cm3.low:
        reason = f"half a voxel decides: {tumour.epidural_cm3.value:.2f} cm3"
        yield unknown(facts, path, name, "", how, reason, MASKS)
    else:
        yield word(facts, path, name, tumour.epidural_cm3.value >= TOUCH_CM3, how, MASKS)
    most = tumour.occupation
    where = "no tumour in the canal"
    if most.z_mm is not None:
        where = f"in slice {most.slice_index} (z {most.z_mm:.1f} mm), of {most.canal_mm2:.0f} mm2"
    how = f"GTV inside the canal in percent of the canal's area, in the axial slice where it is most; {HALF_VOXEL}"
    path, name = f"{LESION}.epidural.canal_compromise_percent", "greatest occupation of the canal"
    yield number(facts, path, name, most.percent, "%", 0, how, MASKS, where)
    outside = tumour.paraspinal_cm3
    how = f"GTV outside the bone masks and the canal; {HALF_VOXEL}"
    yield number(facts, "", "paraspinal tumour", outside, "cm3", 2, how, MASKS)
    path, title = f"{LESION}.paraspinal_mass", "paraspinal mass"
    rule = f"paraspinal tumour from {TOUCH_CM3:g} cm3 on, also with the GTV's border half a voxel further in"
    if outside.value >= TOUCH_CM3 > outside.low:
        yield unknown(facts, path, title, "", rule, f"half a voxel decides: {outside.value:.2f} cm3", MASKS)
    else:
        yield word(facts, path, title, outside.value >= TOUCH_CM3, rule, MASKS)


def _distances(tumour: Tumour, facts: Facts) -> Iterator[Proposal]:
    for key, name, distance in (
        ("cord", "spinal cord", tumour.cord),
        ("thecal_sac", "thecal sac", tumour.sac),
    ):
        path = f"measured.gtv_min_distance_to_{key}_mm"
        centres = "least distance between centres of voxels at least half inside; uncertain by one voxel"
        if isinstance(distance, Unknown):
            yield unknown(facts, path, f"distance to the {name}", "mm", centres, distance.reason, MASKS)
            continue
        yield number(facts, path, f"distance to the {name}", distance.between_centres_mm, "mm", 1, centres, MASKS)
        gap = "gap between both borders, which lies about a voxel below the distance of centres; uncertain by one voxel"
        yield number(facts, "", f"gap to the {name}", distance.between_borders_mm, "mm", 1, gap, MASKS)


def _density(tumour: Tumour, facts: Facts) -> Proposal:
    path, name, density = f"{LESION}.bone_lesion_type", "lesion type", tumour.density
    if isinstance(density, Unknown):
        return unknown(facts, path, name, "", DENSITY_HOW, density.reason, DENSITY_SOURCE)
    said = _hu(density)
    if isinstance(density.kind, Unknown):
        present = value_at(facts, path)
        doubt = f'; case.yaml says "{present}", which this comparison does not show' if present else ""
        return unknown(facts, path, name, "", DENSITY_HOW, f"{density.kind.reason} ({said}){doubt}", DENSITY_SOURCE)
    return word(facts, path, name, density.kind, DENSITY_HOW, DENSITY_SOURCE, said)


def _hu(density: LesionDensity) -> str:
    regions = (density.lesion, *density.healthy)
    means = ", ".join(f"{r.name} {r.hu.mean():.0f} ({r.hu.std():.0f})" for r in regions)
    return f"mean HU (standard deviation): {means}"
