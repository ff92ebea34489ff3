"""The techniques of `spondyl plan`, and which of its options each one takes."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from spondyl.core.errors import PlanError, nearest

BEAMS = frozenset({"consensus", "volume_setting", "dose_beyond_mm", "robust", "robust_optimise", "prior_dose",
                   "prior_fractions", "prior_months", "prior_registration"})  # fmt: skip
"""What goes with every external technique."""

TECHNIQUES: dict[str, frozenset[str]] = {
    "imrt": BEAMS | {"fields", "machine"},
    "step-and-shoot": BEAMS | {"fields", "linac"},
    "sliding-window": BEAMS | {"fields", "linac"},
    "conformal": BEAMS | {"linac"},
    "opposed": BEAMS | {"linac"},
    "posterior": BEAMS | {"linac"},
    "robotic": BEAMS,
    "tomotherapy": BEAMS,
    "vmat": BEAMS | {"linac", "arc"},
    "kypho-iort": frozenset(
        {
            "source_side",
            "entry_mm",
            "tip_mm",
            "prescription",
            "source",
            "cement",
            "material",
            "override",
            "sensitivity",
            "engine",
            "histories",
            "seed",
        }
    ),
}
"""What is not named under any technique goes with every one."""


def given_options(context: typer.Context) -> tuple[str, ...]:
    """Names of the parameters that the user gave, not those that stand at their default."""
    sources = ((name, context.get_parameter_source(name)) for name in context.params)
    return tuple(name for name, source in sources if source is not None and source.name == "COMMANDLINE")


def refuse_others(technique: str, given: Iterable[str]) -> None:
    """Refuse a technique that is not known, and options that belong to another one.

    Raises
    ------
    PlanError
        With the nearest techniques, or every option that does not apply.
    """
    if technique not in TECHNIQUES:
        near = ", ".join(nearest(technique, TECHNIQUES) or TECHNIQUES)
        raise PlanError(f'technique "{technique}" is unknown; nearest: {near}')
    foreign = frozenset[str]().union(*TECHNIQUES.values()) - TECHNIQUES[technique]
    wrong = [name for name in given if name in foreign]
    if wrong:
        told = ", ".join("--" + name.replace("_", "-") for name in wrong)
        takes = ", ".join("--" + name.replace("_", "-") for name in sorted(TECHNIQUES[technique]))
        raise PlanError(f"{told} does not go with technique {technique}; leave it out, {technique} takes {takes}")
