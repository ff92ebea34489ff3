"""A plan: what a machine would do, and nothing computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spondyl.core import DISCLAIMER, writing
from spondyl.core.errors import PlanError
from spondyl.dose import Field
from spondyl.plan.prescription import Prescription
from spondyl.plan.sequencing import modulation_factor, sliding_window_mu

FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """Fields with their fluence in MU per fraction.

    Parameters
    ----------
    case
        Name of the case.
    technique, protocol, machine
        Names.
    prescription
        What was asked.
    fields
        Fluence in MU per fraction.
    """

    case: str
    technique: str
    protocol: str
    machine: str
    prescription: Prescription
    fields: tuple[Field, ...]

    @property
    def fractions(self) -> int:
        return self.prescription.fractions

    @property
    def mu_by_field(self) -> tuple[float, ...]:
        """Monitor units a fraction of each field, delivered by sliding window."""
        return tuple(sliding_window_mu(field.fluence) for field in self.fields)

    @property
    def total_mu(self) -> float:
        return float(sum(self.mu_by_field))

    @property
    def modulation(self) -> float:
        """MU per cGy of the prescribed dose per fraction."""
        return modulation_factor(self.total_mu, self.prescription.dose_per_fraction_gy)

    def scaled(self, factor: float) -> Plan:
        """The same plan with all fluence times `factor`."""
        return replace(self, fields=tuple(replace(f, fluence=f.fluence * factor) for f in self.fields))

    def record(self) -> dict[str, Any]:
        """The plan as `plan.json` keeps it."""
        return {
            "disclaimer": DISCLAIMER,
            "format": FORMAT,
            "case": self.case,
            "technique": self.technique,
            "protocol": self.protocol,
            "machine": self.machine,
            "prescription": vars(self.prescription),
            "mu_per_fraction": round(self.total_mu, 2),
            "modulation_mu_per_cgy": round(self.modulation, 3),
            "fields": [_field_record(field, mu) for field, mu in zip(self.fields, self.mu_by_field, strict=True)],
        }


def save_plan(path: Path, plan: Plan, extra: Mapping[str, Any] | None = None) -> None:
    """Write `plan.json`, whole or not at all; `extra` (the planning log, say) is added and ignored on reading."""
    text = json.dumps({**plan.record(), **(extra or {})}, indent=1, ensure_ascii=False, allow_nan=False)
    with writing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def load_plan(path: Path) -> Plan:
    """Read `plan.json`.

    Raises
    ------
    PlanError
        If the file is not there, is not a plan, or has a format this version does not know.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise PlanError(f"plan {path} has format {record['format']}, expected {FORMAT}; make it again")
        return Plan(
            record["case"],
            record["technique"],
            record["protocol"],
            record["machine"],
            Prescription(**record["prescription"]),
            tuple(_field_of(item) for item in record["fields"]),
        )
    except OSError as error:
        raise PlanError(f"plan {path} cannot be read: {error.strerror}; check the path") from error
    except KeyError as error:
        raise PlanError(
            f'plan {path} is not a plan.json of spondyl: it has no "{error.args[0]}"; make it again'
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise PlanError(f"plan {path} is not a plan.json of spondyl: {error}; make it again") from error


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
    def triple(key: str) -> tuple[float, float, float]:
        x, y, z = item[key]
        return float(x), float(y), float(z)

    return Field(
        item["name"],
        triple("source_mm"),
        triple("isocentre_mm"),
        triple("u"),
        triple("v"),
        np.asarray(item["u_edges_mm"], dtype=np.float64),
        np.asarray(item["v_edges_mm"], dtype=np.float64),
        np.asarray(item["fluence_mu"], dtype=np.float64),
        float(item["gantry_deg"]),
        float(item["collimator_deg"]),
        float(item["couch_deg"]),
    )
