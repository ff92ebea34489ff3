"""What `spondyl evaluate` reads: a plan folder, or anyone's dose and structures, with or without a CT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spondyl.anatomy import Cap, Structure, Structures
from spondyl.core.errors import CaseError, DoseError, StructureError
from spondyl.dose import Dose
from spondyl.evaluate import PriorCourse, Protocol, resolve
from spondyl.evaluate.radiobiology import refuse_two_frames
from spondyl.io import grid_for, open_case, read_contours, read_nifti, read_rtdose
from spondyl.io.registration_file import read_registration


@dataclass(frozen=True)
class Inputs:
    """A dose with its fractions where known, the structures, what the plan is called and prescribed by."""

    dose: Dose
    structures: Structures
    plan: str
    protocol: str | None
    warnings: tuple[str, ...]
    files: dict[str, Path]


def gather(
    folder: Path | None,
    dose: Path | None,
    structures: Path | None,
    plan: Path | None,
    fractions: int | None,
    cap: Cap,
) -> Inputs:
    """Read what was named on the command line; a folder gives what is not named.

    Raises
    ------
    SpondylError
        If the dose or the structures are missing or cannot be read.
    """
    files = _files(folder, dose, structures, plan)
    if "dose" not in files:
        where = f"{folder} holds no dose.dcm or dose.nii.gz" if folder else "no dose was named"
        raise DoseError(f"{where}, expected a plan's dose; give --dose FILE, or the folder that `spondyl plan` wrote")
    if "structures" not in files:
        where = f"{folder} holds no structures" if folder else "no structures were named"
        raise StructureError(f"{where}, expected an RTSTRUCT or a case folder; give --structures FILE")
    found = read_dose(files["dose"])
    drawn, warnings = read_structures(files["structures"], cap)
    number, name, protocol = _plan_facts(files.get("plan"))
    if any("EFFECTIVE" in step for step in found.made):
        warnings = (*warnings, f"{files['dose'].name} is of type EFFECTIVE: limits on physical dose do not hold for it")
    if fractions and number and fractions != number:
        warnings = (
            *warnings,
            f"{files['plan'].name} has {number} fractions; judged in {fractions}, as --fractions says",
        )
    found = replace(found, fractions=fractions or number or found.fractions)
    return Inputs(found, drawn, name or files["dose"].stem, protocol, warnings, files)


def with_fractions(inputs: Inputs, rules: Protocol | None) -> Inputs:
    """Take a protocol's only number of fractions where nothing says the dose's, and say so."""
    if rules is None or inputs.dose.fractions is not None or len(rules.fractions) != 1:
        return inputs
    (number,) = rules.fractions
    told = (
        f"nothing says in how many fractions the dose is given: judged as the {number} of {rules.name}; "
        "give --plan or --fractions to have it checked"
    )
    return replace(inputs, dose=replace(inputs.dose, fractions=number), warnings=(*inputs.warnings, told))


def _files(folder: Path | None, dose: Path | None, structures: Path | None, plan: Path | None) -> dict[str, Path]:
    named = {"dose": dose, "structures": structures, "plan": plan}
    files = {kind: path for kind, path in named.items() if path is not None}
    for kind, path in files.items():
        if not path.exists():
            raise DoseError(f"--{kind} {path} does not exist, expected a file; check the path")
    if folder is None:
        return files
    if not folder.is_dir():
        raise CaseError(f"{folder} is not a folder, expected a case or a plan's output; for single files use --dose")
    choices = {
        "dose": ("dose.dcm", "dose.nii.gz", "dose.nii"),
        "structures": ("structures.dcm", "structures"),
        "plan": ("plan.json", "plan.dcm"),
    }
    for kind, names in choices.items():
        here = [folder / name for name in names if (folder / name).exists()]
        if kind not in files and here:
            files[kind] = folder if here[0].is_dir() else here[0]
    return files


def read_dose(path: Path) -> Dose:
    """An RTDOSE, or a NIfTI in Gy."""
    if path.name.endswith((".nii", ".nii.gz")):
        volume = read_nifti(path)
        values = np.ascontiguousarray(volume.values, dtype=np.float32)
        if float(values.min()) < 0:
            raise DoseError(f"{path} holds negative values, expected a dose in Gy; check which file it is")
        return Dose(volume.grid, values, "Gy", "NIfTI", made=(f"read from {path.name}, taken as total dose in Gy",))
    return read_rtdose(path)


def read_structures(path: Path, cap: Cap) -> tuple[Structures, tuple[str, ...]]:
    """Contours of an RTSTRUCT as they are drawn, without a CT; or the structures of a case folder."""
    if path.is_dir():
        case = open_case(path, cap)
        return case.structures, case.warnings
    rois = read_contours(path)
    warnings = [f'"{roi.name}" has no contours' for roi in rois.values() if not roi.contours]
    warnings += [f'"{roi.name}": left out {what}' for roi in rois.values() for what in roi.left_out]
    warnings += [f'"{roi.name}": {said}' for roi in rois.values() for said in roi.notes]
    nothing = (slice(0, 0), slice(0, 0), slice(0, 0))
    empty = np.zeros((0, 0, 0), dtype=np.float32)
    whole = grid_for(rois)
    made: list[Structure] = []
    for name, roi in rois.items():
        grid = replace(
            grid_for({name: roi}) if roi.contours else whole,
            frame_of_reference_uid=roi.frame_of_reference_uid,
        )
        made.append(Structure(roi.name, roi.role, grid, nothing, empty, roi.contours, (), roi.colour))
    return Structures(made), tuple(warnings)


def _plan_facts(path: Path | None) -> tuple[int | None, str, str | None]:
    """Fractions, name and protocol of a plan, as far as its file says."""
    if path is None:
        return None, "", None
    if path.suffix == ".json":
        from spondyl.plan import load_plan

        plan = load_plan(path)
        return plan.fractions, f"{plan.case} {plan.technique}", plan.protocol
    from spondyl.io import read_rtplan

    facts = read_rtplan(path)
    return facts.fractions, facts.label, None


def read_prior(
    path: Path | None, fractions: int | None, months: float | None, registration: Path | None, planning_frame: str
) -> PriorCourse | None:
    """The prior course, whose fractions nobody may guess.

    Parameters
    ----------
    registration
        registration.json or a DICOM REG; None where both courses share one frame of reference.
    planning_frame
        Frame of reference of this course's CT, by which a REG names it.
    """
    if path is None:
        if registration is not None:
            raise DoseError(f"--prior-registration {registration} without a prior dose; give --prior-dose FILE")
        return None
    if fractions is None:
        raise DoseError(f"prior dose {path} without its number of fractions; give --prior-fractions N")
    dose = read_dose(path)
    frames = {"planning_frame": planning_frame, "other_frame": dose.grid.frame_of_reference_uid}
    motion = None if registration is None else read_registration(registration, **frames)
    refuse_two_frames(dose, planning_frame, motion)
    return PriorCourse(dose, fractions, months, motion)


def beside(folder: Path | None, name: str) -> Path | None:
    """A file of that name in the folder, None where there is no such file."""
    return folder / name if folder is not None and (folder / name).is_file() else None


def find_structure(structures: Structures, name: str) -> Structure:
    """A structure by its name, in any case, or by what it is also called; else an error with the nearest names."""
    known = resolve(name, tuple(structures))
    return structures[known or name]


def split_metric(text: str) -> tuple[str, str]:
    """ "Heart:Dmean" in two, at the last colon, so that names may hold colons.

    Raises
    ------
    StructureError
        If there is no colon or a part is empty.
    """
    name, colon, metric = text.rpartition(":")
    if not colon or not name.strip() or not metric.strip():
        raise StructureError(
            f'--metric "{text}" is not understood, expected STRUCTURE:METRIC, for example "Heart:Dmean"'
        )
    return name.strip(), metric.strip()
