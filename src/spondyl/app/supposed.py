"""What a plan is asked beside its case and protocol: another case, other wishes, set-up errors, an earlier course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from spondyl.anatomy import Case, Structures
from spondyl.dose import Dose
from spondyl.evaluate import PriorCourse, Protocol, Verdicts, judge, load_protocol
from spondyl.plan.external.prior_budget import within_budget
from spondyl.plan.external.robust import SetupError
from spondyl.plan.external.robust_optimise import against
from spondyl.plan.extras import Extra

CUMULATIVE = "hytec-reirradiation"
"""The protocol whose limits two courses together are judged by."""
PRIOR_FILE = "prior_dose.dcm"


@dataclass(frozen=True)
class Supposed:
    """Suppositions of a plan.

    Parameters
    ----------
    case
        In place of the folder's.
    wishes
        Planned by, in place of the protocol, which still judges.
    errors
        Set-up errors that are planned against.
    prior
        An earlier course, whose budget binds and whose sum with this one is judged.
    files
        Where it was read from, for the provenance.
    """

    case: Case | None = None
    wishes: Protocol | None = None
    errors: tuple[SetupError, ...] = ()
    prior: PriorCourse | None = None
    files: Mapping[str, Path] = field(default_factory=dict[str, Path])

    def extras(self, rules: Protocol, fractions: int) -> tuple[Extra, ...]:
        """What joins the planning problem."""
        robust = (against(self.errors, rules, fractions),) if self.errors else ()
        if self.prior is None:
            return robust
        return (*robust, within_budget(self.prior, load_protocol(CUMULATIVE), fractions))

    def judged(self, verdicts: Verdicts, dose: Dose, structures: Structures, case: Case) -> Verdicts:
        """The verdicts with those on both courses together, where there was an earlier one.

        One that is known of but not given leaves them unknown, which is no pass.
        """
        if self.prior is None and not irradiated_before(case):
            return verdicts
        both = judge(dose, structures, CUMULATIVE, prior=self.prior, convert_eqd2=True)
        if self.prior is None:
            told = (
                f"this level was irradiated before: give {PRIOR_FILE} and --prior-fractions to have both courses judged"
            )
        else:
            told = f"both courses together are judged by {CUMULATIVE}; no recovery between them is counted"
        notes = tuple(dict.fromkeys((*verdicts.notes, *both.notes, told)))
        return replace(verdicts, verdicts=(*verdicts.verdicts, *both.verdicts), notes=notes)


def irradiated_before(case: Case) -> bool:
    """Whether the facts or the case folder say that this level or its cord was irradiated before."""
    here = case.facts.clinical.prior_radiotherapy.to_cord is True or case.facts.irradiated_here is True
    return here or prior_file(case.folder) is not None


def prior_file(folder: Path | None) -> Path | None:
    """The case folder's prior dose, None where there is none."""
    return folder / PRIOR_FILE if folder is not None and (folder / PRIOR_FILE).is_file() else None
