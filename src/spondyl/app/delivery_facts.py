"""How a plan is delivered, in numbers: beam time, monitor units, modulation, leaf travel."""

from __future__ import annotations

from spondyl.app.report import Fact, Table
from spondyl.app.report.numbers import plain, three
from spondyl.dose import BinaryAperture, LeafAperture
from spondyl.physics import load_linac
from spondyl.plan.external import (
    Beam,
    delivery_time_s,
    helical_time_s,
    leaf_travel_mm,
    modulation_complexity_score,
    turn_deg,
)
from spondyl.plan.external.caveats import caveats

COLUMNS = ("beam", "gantry", "MU", "beam time", "waits for", "control points", "leaf travel", "complexity score")
NOTE = (
    "Beam time: every segment at the highest dose rate, gantry or leaf speed, whichever takes longest; without "
    "speeding up, slowing down, jaws, couch and what lies between beams. Leaf travel: mean way of those that move. "
    "Complexity score: 1 for one open rectangle, towards 0 for small, ragged openings (McNiven 2010, Masi 2013)."
)


def delivery_table(beams: tuple[Beam, ...]) -> Table:
    """One row a beam of leaves, and their sum."""
    timed = [(beam, delivery_time_s(beam, load_linac(beam.linac))) for beam in beams if has_leaves(beam)]
    rows = [
        (
            beam.name,
            gantry_text(beam),
            three(beam.mu),
            f"{three(time.total_s)} s",
            ", ".join(f"{name} {100 * share:.0f} %" for name, share in time.share_by_bind.items() if share >= 0.005),
            f"{len(beam.points)}",
            f"{three(leaf_travel_mm(beam))} mm",
            three(modulation_complexity_score(beam, load_linac(beam.linac))),
        )
        for beam, time in timed
    ]
    if len(rows) > 1:
        mu, seconds = sum(beam.mu for beam, _ in timed), sum(time.total_s for _, time in timed)
        points = sum(len(beam.points) for beam, _ in timed)
        rows.append(("together", "", three(mu), f"{three(seconds)} s", "", f"{points}", "", ""))
    return Table("Delivery, per fraction", COLUMNS, tuple(rows), NOTE)


def delivery_facts(beams: tuple[Beam, ...]) -> tuple[Fact, ...]:
    """For the first screen: the beam time, as far as it is known."""
    seconds = beam_time_s(beams)
    return () if seconds is None else (Fact("beam time", f"{three(seconds / 60)} min per fraction"),)


def beam_time_s(beams: tuple[Beam, ...]) -> float | None:
    """Seconds of beam of a fraction; None without beams, and where a machine's speeds are not known: a robot's."""
    if not beams or not all(has_leaves(beam) or is_helical(beam) for beam in beams):
        return None
    return sum(
        helical_time_s(beam) if is_helical(beam) else delivery_time_s(beam, load_linac(beam.linac)).total_s
        for beam in beams
    )


def is_helical(beam: Beam) -> bool:
    """Whether the beam is one of slits that open and shut throughout."""
    return all(isinstance(point.aperture, BinaryAperture) for point in beam.points)


def delivery_warnings(beams: tuple[Beam, ...]) -> tuple[str, ...]:
    """What must be said of the linacs, those without measured data above all."""
    return caveats(beams)


def has_leaves(beam: Beam) -> bool:
    """Whether the beam is one of leaves and jaws throughout."""
    return all(isinstance(point.aperture, LeafAperture) for point in beam.points)


def gantry_text(beam: Beam) -> str:
    """ "179° to 181° against the clock (358°)", or "150°"."""
    turns = [turn_deg(a.gantry_deg, b.gantry_deg) for a, b in beam.segments]
    first, last = plain(beam.points[0].gantry_deg), plain(beam.points[-1].gantry_deg)
    whole = sum(turns)
    if not any(turns):
        return f"{first}°"
    way = "clockwise" if whole > 0 else "against the clock"
    return f"{first}° to {last}° {way} ({plain(abs(whole))}°)"
