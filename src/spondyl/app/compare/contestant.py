"""One plan that is compared: made here by a technique's name, or read from the folder that a planning job left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spondyl.anatomy import Case
from spondyl.app.compare.makers import SHORT, TECHNIQUES, Asked
from spondyl.app.delivery_facts import beam_time_s
from spondyl.core import Progress, sha256_of, silent
from spondyl.core.errors import CaseError, PlanError, nearest
from spondyl.dose import Dose
from spondyl.io import read_rtdose
from spondyl.plan import TECHNIQUE_TITLES, load_plan

TITLES = {
    **TECHNIQUE_TITLES,
    "kypho-iort": "50 kV needle source through the pedicle, dose to medium in the patient",
}


@dataclass(frozen=True)
class Contestant:
    """A finished plan.

    Parameters
    ----------
    name
        As it was asked for.
    title
        Technique and prescription in words.
    folder
        Where its files are, or will be once everything is written.
    dose
        Total dose in Gy, with its fractions.
    prescription_gy
        None where the plan names none.
    unmet
        Mandatory limits that fail or are unknown, empty where every one is met, None where the plan was not judged.
    dose_sha256
        Of the dose file that was read.
    interrupted
        Whether its dose was stopped by Ctrl-C and is that of the last complete round.
    technique
        As plan.json names it.
    mu_per_fraction
        Monitor units, None where the plan has none.
    mu_per_cgy
        Of the prescribed dose per fraction; None where there are no monitor units.
    beam_s
        Seconds of beam per fraction, None where the plan has no control points or its machine's speeds are not known.
    """

    name: str
    title: str
    folder: Path
    dose: Dose
    prescription_gy: float | None
    unmet: str | None
    dose_sha256: str
    interrupted: bool = False
    technique: str = ""
    mu_per_fraction: float | None = None
    mu_per_cgy: float | None = None
    beam_s: float | None = None


def check_choices(names: Sequence[str]) -> None:
    """Refuse what is neither a technique nor a plan's folder, and plans that stand there twice.

    Raises
    ------
    PlanError
        With the nearest names.
    """
    if len(names) < 2:
        raise PlanError(f"compare got {len(names)} plan, expected two or more; name techniques or plan folders")
    for name in names:
        if name not in TECHNIQUES and not Path(name).is_dir():
            near = ", ".join(nearest(name, TECHNIQUES)) or SHORT
            raise PlanError(
                f'"{name}" is neither a technique nor a folder, nearest: {near}; or give what `spondyl plan` wrote'
            )
    called = [Path(name).name for name in names]
    twice = sorted({name for name in called if called.count(name) > 1})
    if twice:
        raise PlanError(f'"{twice[0]}" is named twice, expected every plan once, under different names')


def contestants(
    case: Case, names: Sequence[str], into: Path, out: Path, asked: Asked | None = None, progress: Progress = silent
) -> tuple[Contestant, ...]:
    """Every plan in the order of `names`: folders are read before anything is planned.

    Parameters
    ----------
    into, out
        Plans are written to ``into / name``, and it is told that they are in ``out / name``: where the caller moves
        them when the comparison is whole.

    Raises
    ------
    PlanError, CaseError
        If the case cannot be planned so, or a folder is not a plan of this case.
    """
    read = {name: read_contestant(case, Path(name)) for name in names if name not in TECHNIQUES}
    made = {name: _planned(case, name, into, out, asked or Asked(), progress) for name in names if name in TECHNIQUES}
    return tuple({**read, **made}[name] for name in names)


def _planned(case: Case, name: str, into: Path, out: Path, asked: Asked, progress: Progress) -> Contestant:
    if case.folder is None:
        raise CaseError(f"case {case.name} has no folder, expected one to plan from")

    def told(stage: str, fraction: float) -> None:
        progress(f"{name}: {stage}", fraction)

    TECHNIQUES[name](case.folder, into / name, asked, told)
    return replace(read_contestant(case, into / name), name=name, folder=out / name)


def read_contestant(case: Case, folder: Path) -> Contestant:
    """A plan's folder: dose.dcm, plan.json, and verdicts.json where it was judged."""
    facts = _json(folder / "plan.json")
    try:
        owner, technique, protocol = (str(facts[key]) for key in ("case", "technique", "protocol"))
        asked = facts["prescription"]
        fractions, prescribed, coverage = int(asked["fractions"]), float(asked["dose_gy"]), str(asked["coverage"])
    except (KeyError, TypeError, ValueError) as error:
        raise CaseError(
            f"{folder / 'plan.json'} lacks {error}, expected case, technique, protocol, and prescription with dose_gy, "
            "fractions and coverage; run `spondyl plan` again"
        ) from error
    if owner != case.name:
        raise CaseError(
            f'{folder} is a plan of case "{owner}", expected one of "{case.name}"; compare plans of one case'
        )
    frame = case.ct.grid.frame_of_reference_uid
    dose = read_rtdose(_there(folder / "dose.dcm"), frame_of_reference_uid=frame)
    given = f"{prescribed:g} Gy in {fractions} fraction{'s' if fractions > 1 else ''} ({coverage})"
    title = f"{TITLES.get(technique, technique)}: {given}, judged by {protocol}"
    return Contestant(
        name=folder.name,
        title=title,
        folder=folder,
        dose=replace(dose, fractions=fractions),
        prescription_gy=prescribed,
        unmet=_unmet(folder / "verdicts.json"),
        dose_sha256=sha256_of({"dose": folder / "dose.dcm"})["dose"],
        interrupted=_interrupted(facts),
        mu_per_fraction=facts.get("mu_per_fraction"),
        mu_per_cgy=facts.get("modulation_mu_per_cgy"),
        beam_s=beam_time_s(load_plan(folder / "plan.json").beams) if "beams" in facts else None,
        technique=technique,
    )


def _interrupted(facts: dict[str, Any]) -> bool:
    """As a needle plan keeps it; other plans are not written when they are stopped."""
    dose = facts.get("dose")
    return isinstance(dose, dict) and dose.get("interrupted") is True


def _unmet(path: Path) -> str | None:
    """As `unmet_text`, of the verdicts that a planning job wrote."""
    if not path.is_file():
        return None
    wrong = [v for v in _json(path).get("verdicts", []) if v["level"] == "mandatory" and v["status"] != "pass"]
    return "; ".join(
        f"{v['structure']} {v['metric']} {v['op']} {v['limit']:.4g} {v['unit']} {v['status']}" for v in wrong
    )


def _there(path: Path) -> Path:
    if not path.is_file():
        raise CaseError(
            f"{path.parent} holds no {path.name}, expected the output folder of `spondyl plan`; run it first"
        )
    return path


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_there(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise CaseError(f"{path} is not JSON ({error}), expected what `spondyl plan` wrote; run it again") from error
    if not isinstance(found, dict):
        raise CaseError(f"{path} holds a {type(found).__name__}, expected an object of keys; run `spondyl plan` again")
    return found
