"""`plan.json`: a plan written and read.

Format 1 keeps fields with their fluence. Format 2 keeps beams with their control points, from which the fields are
made again on reading; a plan without beams is still written as format 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spondyl.core import DISCLAIMER, writing
from spondyl.core.errors import PlanError, SpondylError
from spondyl.dose import Aperture, BinaryAperture, CircularAperture, Field, LeafAperture
from spondyl.plan.external.beams import Beam, ControlPoint
from spondyl.plan.external.caveats import caveats
from spondyl.plan.plan import Plan, plan_of_beams
from spondyl.plan.prescription import Prescription

FORMAT_FIELDS, FORMAT_BEAMS = 1, 2
_KINDS: dict[str, type[LeafAperture | CircularAperture | BinaryAperture]] = {
    "leaves": LeafAperture, "circle": CircularAperture, "binary": BinaryAperture,
}  # fmt: skip


def plan_record(plan: Plan) -> dict[str, Any]:
    """The plan as `plan.json` keeps it."""
    record: dict[str, Any] = {
        "disclaimer": DISCLAIMER,
        "format": FORMAT_BEAMS if plan.beams else FORMAT_FIELDS,
        "case": plan.case,
        "technique": plan.technique,
        "protocol": plan.protocol,
        "machine": plan.machine,
        "prescription": vars(plan.prescription),
        "mu_per_fraction": round(plan.total_mu, 2),
        "modulation_mu_per_cgy": round(plan.modulation, 3),
    }
    if plan.beams:
        return {**record, "caveats": list(caveats(plan.beams)), "beams": [_beam_record(beam) for beam in plan.beams]}
    return {**record, "fields": [_field_record(f, mu) for f, mu in zip(plan.fields, plan.mu_by_field, strict=True)]}


def save_plan(path: Path, plan: Plan, extra: Mapping[str, Any] | None = None) -> None:
    """Write `plan.json`, whole or not at all; `extra` (the planning log, say) is added and ignored on reading."""
    text = json.dumps({**plan_record(plan), **(extra or {})}, indent=1, ensure_ascii=False, allow_nan=False)
    with writing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def load_plan(path: Path) -> Plan:
    """Read `plan.json`.

    Raises
    ------
    PlanError
        If the file is not there, is not a plan, has a format this version does not know, or names an unknown linac.
    """
    try:
        return _plan_of(json.loads(path.read_text(encoding="utf-8")))
    except SpondylError as error:
        raise PlanError(f"plan {path}: {error}") from error
    except OSError as error:
        raise PlanError(f"plan {path} cannot be read: {error.strerror}; check the path") from error
    except KeyError as error:
        raise PlanError(
            f'plan {path} is not a plan.json of spondyl: it has no "{error.args[0]}"; make it again'
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise PlanError(f"plan {path} is not a plan.json of spondyl: {error}; make it again") from error


def _plan_of(record: Mapping[str, Any]) -> Plan:
    found = record["format"]
    if found not in (FORMAT_FIELDS, FORMAT_BEAMS):
        raise PlanError(f"has format {found}, expected {FORMAT_FIELDS} or {FORMAT_BEAMS}; make it again")
    case, technique, protocol, machine = (record[key] for key in ("case", "technique", "protocol", "machine"))
    prescription = Prescription(**record["prescription"])
    if found == FORMAT_FIELDS:
        fields = tuple(_field_of(item) for item in record["fields"])
        return Plan(case, technique, protocol, machine, prescription, fields)
    beams = tuple(_beam_of(item) for item in record["beams"])
    return plan_of_beams(case, technique, protocol, machine, prescription, beams)


def _beam_record(beam: Beam) -> dict[str, Any]:
    return {
        "name": beam.name,
        "linac": beam.linac,
        "isocentre_mm": beam.isocentre_mm,
        "mu": round(beam.mu, 2),
        "control_points": [_point_record(point) for point in beam.points],
    }


def _point_record(point: ControlPoint) -> dict[str, Any]:
    aperture = point.aperture
    kind = next(key for key, made in _KINDS.items() if isinstance(aperture, made))
    facts = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in vars(aperture).items()}
    return {
        "gantry_deg": point.gantry_deg,
        "collimator_deg": point.collimator_deg,
        "couch_deg": point.couch_deg,
        "mu": point.mu,
        "table_mm": point.table_mm,
        "aperture": {"kind": kind, **facts},
    }


def _beam_of(item: Mapping[str, Any]) -> Beam:
    points = tuple(_point_of(point) for point in item["control_points"])
    return Beam(item["name"], item["linac"], _triple(item, "isocentre_mm"), points)


def _point_of(item: Mapping[str, Any]) -> ControlPoint:
    gantry, collimator, couch, mu = (float(item[k]) for k in ("gantry_deg", "collimator_deg", "couch_deg", "mu"))
    aperture = _aperture_of(item["aperture"])
    return ControlPoint(gantry, collimator, couch, aperture, mu, _triple(item, "table_mm"))


def _aperture_of(item: Mapping[str, Any]) -> Aperture:
    facts = dict(item)
    kind = facts.pop("kind")
    if kind not in _KINDS:
        raise PlanError(f'has an aperture of kind "{kind}", expected {", ".join(_KINDS)}; make it again')
    made: dict[str, Any] = {
        key: np.asarray(value, np.float64) if key in ("leaves_mm", "open_share") else value
        for key, value in facts.items()
    }
    if "jaws_mm" in made:
        made["jaws_mm"] = tuple(float(value) for value in made["jaws_mm"])
    return _KINDS[kind](**made)


def _field_record(field: Field, mu: float) -> dict[str, Any]:
    return {
        "name": field.name,
        "gantry_deg": field.gantry_deg,
        "collimator_deg": field.collimator_deg,
        "couch_deg": field.couch_deg,
        "source_mm": field.source_mm,
        "isocentre_mm": field.isocentre_mm,
        "u": field.u,
        "v": field.v,
        "u_edges_mm": field.u_edges_mm.tolist(),
        "v_edges_mm": field.v_edges_mm.tolist(),
        "mu": round(mu, 2),
        "fluence_mu": field.fluence.tolist(),
    }


def _field_of(item: Mapping[str, Any]) -> Field:
    return Field(
        item["name"],
        _triple(item, "source_mm"),
        _triple(item, "isocentre_mm"),
        _triple(item, "u"),
        _triple(item, "v"),
        np.asarray(item["u_edges_mm"], dtype=np.float64),
        np.asarray(item["v_edges_mm"], dtype=np.float64),
        np.asarray(item["fluence_mu"], dtype=np.float64),
        float(item["gantry_deg"]),
        float(item["collimator_deg"]),
        float(item["couch_deg"]),
    )


def _triple(item: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    x, y, z = item[key]
    return float(x), float(y), float(z)
