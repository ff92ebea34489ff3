"""A plan: what a machine would do, and nothing computed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spondyl.dose import Field
from spondyl.physics import load_machine
from spondyl.plan.external.beams import Beam
from spondyl.plan.external.fields import beam_fields
from spondyl.plan.prescription import Prescription
from spondyl.plan.sequencing import modulation_factor, sliding_window_mu


@dataclass(frozen=True)
class Plan:
    """Fields with their fluence in MU per fraction, and the control points that make them where there are any.

    Parameters
    ----------
    case
        Name of the case.
    technique, protocol, machine
        Names; `machine` is the photon beam's.
    prescription
        What was asked.
    fields
        Fluence in MU per fraction.
    beams
        What a linac delivers; `fields` are then their segments' (`plan_of_beams`).
    """

    case: str
    technique: str
    protocol: str
    machine: str
    prescription: Prescription
    fields: tuple[Field, ...]
    beams: tuple[Beam, ...] = ()

    @property
    def fractions(self) -> int:
        return self.prescription.fractions

    @property
    def mu_by_field(self) -> tuple[float, ...]:
        """Monitor units a fraction: of each beam, or of each field delivered by sliding window where none has beams."""
        if self.beams:
            return tuple(beam.mu for beam in self.beams)
        return tuple(sliding_window_mu(field.fluence) for field in self.fields)

    @property
    def total_mu(self) -> float:
        return float(sum(self.mu_by_field))

    @property
    def modulation(self) -> float:
        """MU per cGy of the prescribed dose per fraction."""
        return modulation_factor(self.total_mu, self.prescription.dose_per_fraction_gy)

    def scaled(self, factor: float) -> Plan:
        """The same plan with all fluence and monitor units times `factor`."""
        fields = tuple(replace(f, fluence=f.fluence * factor) for f in self.fields)
        return replace(self, fields=fields, beams=tuple(beam.scaled(factor) for beam in self.beams))


def plan_of_beams(
    case: str, technique: str, protocol: str, machine: str, prescription: Prescription, beams: tuple[Beam, ...]
) -> Plan:
    """A plan of a linac's beams, with their segments as its fields.

    Parameters
    ----------
    machine
        Name or path for `load_machine`: the photon beam, as a rule the linacs' own.

    Raises
    ------
    MachineError
        If a beam's linac or the machine is unknown.
    """
    model = load_machine(machine)
    fields = tuple(field for beam in beams for field in beam_fields(beam, model))
    return Plan(case, technique, protocol, machine, prescription, fields, beams)
